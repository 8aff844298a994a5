/** What Node alone can do for clips: the digits on disk, datasets in folders and lists, and videos decoded ahead in processes. */
export * from './digits-files'
export * from './reader'
export * from './datasets'
