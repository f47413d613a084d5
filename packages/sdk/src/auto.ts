// The script tag: hands its own element and the page to the starter. Entry of sightline.iife.js, exports nothing.
import { startFromScript } from './script-tag/start'
import { createTracker } from './tracker'

startFromScript(document.currentScript, window, createTracker)
