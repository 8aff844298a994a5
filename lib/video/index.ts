/** Where clips come from: images, digits, and the task that is made of them. */
export * from './png'
export * from './digits'
export * from './digits-in-motion'
