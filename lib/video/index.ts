/** Where clips come from: videos and still pictures on disk, digits, and the task that is made of them. */
export * from './browser'
export * from './apng'
export * from './digits-files'
export * from './reader'
export * from './datasets'
