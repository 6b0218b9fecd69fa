/**
 * Elementwise arithmetic: one operation an output element, broadcast or not, whatever the function. A sigmoid counts as an
 * addition does: how many instructions it takes depends on the implementation.
 */
import {type CostRule, type CostRules, each, outputElements} from './rule.ts';

const elementwise: CostRule = (call) => ({ops: outputElements(call)});

/** n summands, n − 1 additions. */
const sum: CostRule = (call) => ({ops: outputElements(call) * (Object.keys(call.inputShapes).length - 1)});

export const ELEMENTWISE_RULES: CostRules = {
  ...each('Abs Neg Sign Square Sqrt Rsqrt Reciprocal Exp Expm1 Log Log1p Erf Pow', elementwise),
  ...each('Sin Cos Tan Asin Acos Atan Atan2 Sinh Cosh Tanh Asinh Acosh Atanh', elementwise),
  ...each('Floor Ceil Round ClipByValue IsNan IsInf IsFinite', elementwise),
  ...each('Relu Relu6 LeakyRelu Prelu Elu Selu Sigmoid Softplus Step', elementwise),
  ...each('Add Sub Multiply RealDiv FloorDiv Mod Maximum Minimum SquaredDifference', elementwise),
  ...each('Equal NotEqual Greater GreaterEqual Less LessEqual', elementwise),
  ...each('LogicalAnd LogicalOr LogicalNot BitwiseAnd', elementwise),
  ...each('AddN', sum),
};
