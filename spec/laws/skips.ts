/** Tests that cannot be tried everywhere: where they cannot, they are shown as skipped, and their titles say why. */

/** Mocha's `it`, for a test that is skipped for a reason where there is one. */
export const itWhere =
  (skip: string | undefined) =>
  (title: string, body: Mocha.AsyncFunc | Mocha.Func): unknown =>
    skip === undefined ? it(title, body) : it.skip(`${title}: ${skip}`, body)

/** Mocha's `describe`, likewise. */
export const describeWhere =
  (skip: string | undefined) =>
  (title: string, body: (this: Mocha.Suite) => void): unknown =>
    skip === undefined ? describe(title, body) : describe.skip(`${title}: ${skip}`, body)
