// tfjs's threads run a copy of a function. This name is outside of it: the copy asks whether it is there, but a minifier drops the question.
/** @param {string} source */
module.exports = (source) => source.replace('typeof _scriptDir !== "undefined" && _scriptDir', 'false');
