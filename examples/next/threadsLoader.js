// tfjs's threads run a copy of a function. This name of it is defined outside: a copy asks whether it is, but a minifier drops the question.
module.exports = (source) => source.replace('typeof _scriptDir !== "undefined" && _scriptDir', 'false');
