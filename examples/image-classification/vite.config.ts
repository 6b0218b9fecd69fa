// Both headers make the page cross-origin isolated, which threads need. The server of the built page must send them, too.
const headers = {'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp'};
// tfjs's threads run a copy of a function, which the minifier may shorten but not rewrite.
const build = {rolldownOptions: {output: {minify: {compress: false, mangle: true, codegen: true}}}};
export default {server: {headers}, preview: {headers}, build};
