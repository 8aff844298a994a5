/** WebAssembly as Node and browsers have it: the compiler's library without a browser has no types of it. */

export interface WasmMemory {
  readonly buffer: ArrayBuffer
  readonly grow: (pages: number) => number
}
/** A compiled module: it can be sent to other threads. */
export type WasmModule = object
interface WebAssemblyApi {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => WasmMemory
  readonly validate: (bytes: Uint8Array<ArrayBuffer>) => boolean
  readonly compile: (bytes: Uint8Array<ArrayBuffer>) => Promise<WasmModule>
  readonly instantiate: (
    module: WasmModule,
    imports: { readonly env: object },
  ) => Promise<{ readonly exports: Readonly<Record<string, (...given: readonly number[]) => void>> }>
}
export const { WebAssembly: webAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }
