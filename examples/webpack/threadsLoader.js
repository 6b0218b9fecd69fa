// tfjs's threads run a copy of a function's text. These names are outside of it, and bundlers rename them: the copy gets its own.
/** @param {string} source */
module.exports = (source) =>
  source.replace('function(WasmBackendModuleThreadedSimd) {', '$& let _scriptDir, process = globalThis.process;');
