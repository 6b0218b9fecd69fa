/**
 * The algebra in which elementwise parts are recognised: a value is written as a sum of products of *atoms* (the input x, a
 * mean over channels, a function such as erf of another such sum), with a coefficient for all channels or one a channel.
 * Every spelling of a formula comes to the same sum, so a formula is written once and compared.
 */

/** One number for all channels, or one for each. */
export type PerChannel = number | Float64Array;

export type FunctionName =
  'relu' | 'relu6' | 'elu' | 'sigmoid' | 'tanh' | 'erf' | 'exp' | 'rsqrt' | 'reciprocal' | 'abs';

export interface Atom {
  readonly kind: 'x' | 'mean' | 'pixel-sum' | FunctionName;
  /** What the mean, the sum over height and width or the function is of; null for x. */
  readonly of: Sum | null;
  /** Whether it differs from channel to channel. */
  readonly varies: boolean;
}

type Powers = ReadonlyMap<Atom, number>;

const NO_POWERS: Powers = new Map();

/** A product of atoms, each to a whole power, times a coefficient. */
export interface Term {
  readonly coefficient: PerChannel;
  readonly powers: Powers;
}

export type Sum = readonly Term[];

/** A sum of more terms than any part has is given up. */
const MAX_TERMS = 40;

/**
 * The relative difference below which two numbers are the same: what is left of a product of two constants that are each rounded to
 * float32. A 1/6 that is stored in float32 is 1/6, since it is the nearest that stock tfjs can compute with; one that is stored in
 * float16 is another number.
 */
export const ROUNDING = 2 ** -23;

/** Whether two coefficients differ by rounding to float32 alone. */
export function isRoundingOf(a: PerChannel, b: PerChannel): boolean {
  return agree(a, b, ROUNDING);
}

/** Returns `f(a[c], b[c])` for every channel. */
export function perChannel(f: (a: number, b: number) => number, a: PerChannel, b: PerChannel): PerChannel {
  if (typeof a === 'number' && typeof b === 'number') return f(a, b);
  const length = typeof a === 'number' ? (b as Float64Array).length : a.length;
  const result = new Float64Array(length);
  for (let c = 0; c < length; c++) result[c] = f(channel(a, c), channel(b, c));
  return result;
}

/** Returns a channel's number. */
export function channel(of: PerChannel, c: number): number {
  return typeof of === 'number' ? of : of[c]!;
}

/** Whether a number holds in every channel. */
export function everywhere(of: PerChannel, holds: (value: number) => boolean): boolean {
  return typeof of === 'number' ? holds(of) : of.every(holds);
}

/** Whether a coefficient is zero in every channel. */
export function isZero(of: PerChannel): boolean {
  return everywhere(of, (v) => v === 0);
}

/** Returns `a[c] + b[c]` for every channel. */
export function add(a: PerChannel, b: PerChannel): PerChannel {
  return a === 0 ? b : b === 0 ? a : perChannel((x, y) => x + y, a, b);
}

/** Returns `a[c] · b[c]` for every channel. */
export function multiply(a: PerChannel, b: PerChannel): PerChannel {
  return a === 1 ? b : b === 1 ? a : perChannel((x, y) => x * y, a, b);
}

/** Whether two coefficients agree in every channel, to a relative tolerance. */
function agree(a: PerChannel, b: PerChannel, tolerance: number): boolean {
  const isClose = (x: number, y: number): boolean => Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y));
  if (typeof a === 'number' && typeof b === 'number') return isClose(a, b);
  const {length} = typeof a === 'number' ? (b as Float64Array) : a;
  for (let c = 0; c < length; c++) if (!isClose(channel(a, c), channel(b, c))) return false;
  return true;
}

/**
 * The sums over one input x. It keeps its atoms, so that equal ones are the same object. Two sums are the *same* where their numbers
 * differ by rounding to float32 alone; they are *alike* to the tolerance, which allows for how a model stores its constants.
 */
export class Algebra {
  readonly x: Sum;
  private readonly atoms: Atom[] = [];

  constructor(private readonly tolerance: number) {
    this.x = this.atomSum('x', null, true);
  }

  constant(value: PerChannel): Sum {
    return isZero(value) ? [] : [{coefficient: value, powers: NO_POWERS}];
  }

  plus(...sums: readonly Sum[]): Sum {
    const terms: Term[] = [];
    for (const term of sums.flat()) {
      const at = terms.findIndex(({powers}) => isSameProduct(powers, term.powers));
      if (at < 0) terms.push(term);
      else terms[at] = {powers: term.powers, coefficient: add(terms[at]!.coefficient, term.coefficient)};
    }
    return terms.filter((term) => !isZero(term.coefficient));
  }

  scaled(sum: Sum, by: PerChannel): Sum {
    return this.plus(sum.map((term) => ({...term, coefficient: multiply(term.coefficient, by)})));
  }

  minus(a: Sum, b: Sum): Sum {
    return this.plus(a, this.scaled(b, -1));
  }

  /** The coefficient of the atoms of a term, each to the tolerance; of no atoms where there is no term. 0 where a sum has none such. */
  coefficient(sum: Sum, [term]: Sum = []): PerChannel {
    const powers = term?.powers ?? NO_POWERS;
    const isExact = (other: Term): boolean => isSameProduct(other.powers, powers);
    const isAlike = (other: Term): boolean => areProductsClose(other.powers, powers, this.tolerance);
    return (sum.find(isExact) ?? sum.find(isAlike))?.coefficient ?? 0;
  }

  /** The number that a sum is, if it is one; else null. */
  constantOf(sum: Sum): PerChannel | null {
    const [term, ...others] = sum;
    if (term === undefined) return 0;
    return others.length === 0 && term.powers.size === 0 ? term.coefficient : null;
  }

  /** Null where the product has too many terms for any part. */
  times(a: Sum, b: Sum): Sum | null {
    if (a.length * b.length > MAX_TERMS) return null;
    return this.plus(a.flatMap((s) => b.map((t) => product(s, t))));
  }

  /** A whole power; a negative one of a single term only. An even one of an absolute value is that of the value. */
  power(sum: Sum, exponent: number): Sum | null {
    const [only, ...rest] = sum;
    const absolute = only && rest.length === 0 && exponent % 2 === 0 ? soleAtom(only) : null;
    if (absolute?.kind === 'abs') return this.power(this.scaled(absolute.of!, only!.coefficient), exponent);
    if (exponent < 0) {
      const [term, ...others] = sum;
      return term === undefined || others.length > 0 ? null : this.power([inverse(term)], -exponent);
    }
    let result: Sum | null = this.constant(1);
    for (let i = 0; i < exponent && result !== null; i++) result = this.times(result, sum);
    return result;
  }

  /** 1 / sum; sigmoid where it is spelled as 1 / (1 + exp(−u)). */
  reciprocal(sum: Sum): Sum {
    const inverted = this.power(sum, -1);
    if (inverted !== null) return inverted;
    const exponential = sum.find((term) => soleAtom(term)?.kind === 'exp' && term.coefficient === 1);
    if (exponential !== undefined && this.same(sum, this.plus(this.constant(1), [exponential])))
      return this.apply('sigmoid', this.scaled(soleAtom(exponential)!.of!, -1));
    return this.apply('reciprocal', sum);
  }

  /** The sum over height and width, of what every pixel has its own value of. */
  pixelSum(sum: Sum): Sum {
    return this.atomSum('pixel-sum', sum, sum.some(varies));
  }

  /** A function of a sum. Odd functions are written with a positive first coefficient. */
  apply(kind: FunctionName, of: Sum): Sum {
    const isOdd = kind === 'erf' || kind === 'tanh';
    const [first] = of;
    if (isOdd && first !== undefined && channel(first.coefficient, 0) < 0)
      return this.scaled(this.apply(kind, this.scaled(of, -1)), -1);
    return this.atomSum(kind, of, of.some(varies));
  }

  /** The mean over channels, linear: what is the same in every channel comes out of it. */
  mean(sum: Sum): Sum {
    return this.plus(...sum.map((term) => this.meanOfTerm(term)));
  }

  /** Whether two sums have the same terms, but for rounding to float32. */
  same(a: Sum, b: Sum): boolean {
    return areClose(a, b, ROUNDING);
  }

  /** Whether two sums have the same terms, their numbers to the tolerance. */
  alike(a: Sum, b: Sum): boolean {
    return areClose(a, b, this.tolerance);
  }

  /** Whether two coefficients agree in every channel, to the tolerance. */
  close(a: PerChannel, b: PerChannel): boolean {
    return agree(a, b, this.tolerance);
  }

  private meanOfTerm({coefficient, powers}: Term): Sum {
    const inside = new Map([...powers].filter(([atom]) => atom.varies));
    const outside = new Map([...powers].filter(([atom]) => !atom.varies));
    if (inside.size === 0 && typeof coefficient === 'number') return [{coefficient, powers}];
    const isUniform = typeof coefficient === 'number';
    const mean = this.atomSum('mean', [{coefficient: isUniform ? 1 : coefficient, powers: inside}], false);
    return [product({coefficient: isUniform ? coefficient : 1, powers: outside}, mean[0]!)];
  }

  private atomSum(kind: Atom['kind'], of: Sum | null, varies: boolean): Sum {
    const known = this.atoms.find(
      (atom) => atom.kind === kind && (of === null || atom.of === null ? of === atom.of : this.same(atom.of, of)),
    );
    const atom = known ?? {kind, of, varies};
    if (known === undefined) this.atoms.push(atom);
    return [{coefficient: 1, powers: new Map([[atom, 1]])}];
  }
}

function areClose(a: Sum, b: Sum, tolerance: number): boolean {
  const isMatched = (term: Term): boolean => {
    const other = b.find(({powers}) => areProductsClose(term.powers, powers, tolerance));
    return other !== undefined && agree(term.coefficient, other.coefficient, tolerance);
  };
  return a.length === b.length && a.every(isMatched);
}

function areProductsClose(a: Powers, b: Powers, tolerance: number): boolean {
  if (a.size !== b.size) return false;
  const isMatched = (atom: Atom, power: number): boolean => {
    for (const [other, otherPower] of b) if (otherPower === power && areAtomsClose(atom, other, tolerance)) return true;
    return false;
  };
  for (const [atom, power] of a) if (b.get(atom) !== power && !isMatched(atom, power)) return false;
  return true;
}

function areAtomsClose(a: Atom, b: Atom, tolerance: number): boolean {
  if (a === b) return true;
  return a.kind === b.kind && a.of !== null && b.of !== null && areClose(a.of, b.of, tolerance);
}

/** The atom of a term that is one atom, whatever its coefficient; null for any other. */
export function soleAtom({powers}: Term): Atom | null {
  const [entry, ...others] = powers;
  return entry !== undefined && others.length === 0 && entry[1] === 1 ? entry[0] : null;
}

function varies({coefficient, powers}: Term): boolean {
  return typeof coefficient !== 'number' || [...powers.keys()].some((atom) => atom.varies);
}

function isSameProduct(a: Powers, b: Powers): boolean {
  if (a.size !== b.size) return false;
  for (const [atom, power] of a) if (b.get(atom) !== power) return false;
  return true;
}

function product(a: Term, b: Term): Term {
  const powers = new Map(a.powers);
  for (const [atom, power] of b.powers) {
    const sum = (powers.get(atom) ?? 0) + power;
    if (sum === 0) powers.delete(atom);
    else powers.set(atom, sum);
  }
  return {coefficient: multiply(a.coefficient, b.coefficient), powers};
}

function inverse({coefficient, powers}: Term): Term {
  return {
    coefficient: perChannel((x) => 1 / x, coefficient, 0),
    powers: new Map([...powers].map(([atom, power]) => [atom, -power])),
  };
}
