// What @leveret/rpc needs of the same kind; of use to whoever builds on this package, too.
export { type Dated, Deadlines, type DeadlinesOptions } from './deadlines.js';
export { nearestName } from './nearest-name.js';
export { onAbort } from './signal-listeners.js';
