/** The rooms of the library by their names, the whole of it by none: see `library` in main.ts. */
declare module 'virtual:library' {
  const rooms: Readonly<Record<string, object>>
  export default rooms
}
