/** What tests keep open between them; `spec/setup.ts` closes it after each file. */
const open: (() => Promise<void>)[] = []

export const closeLater = (close: () => Promise<void>): void => void open.push(close)

export const closeAll = async (): Promise<void> => {
  for (const close of open) await close()
}
