/** What is done to whole functions and graphs. */
export { grad, type Loss, valueAndGrad } from './gradient'
