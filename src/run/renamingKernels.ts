/** The kernels that give a tensor another shape and move nothing. What squeezes, flattens or stops a gradient runs one of these. */
export const RENAMING_KERNELS: ReadonlySet<string> = new Set(['Reshape', 'Identity', 'ExpandDims']);
