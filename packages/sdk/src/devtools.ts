// The debug overlay, for development: what a tracker records, what becomes of it, and why an element was not counted.
export { type Devtools, openDevtools } from './devtools/open-devtools'
