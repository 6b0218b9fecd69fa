/** Every case. */
import type {Case} from './case.ts';
import {ELEMENTWISE} from './elementwise.ts';
import {MOVEMENT} from './movement.ts';
import {PRODUCTS} from './products.ts';
import {REDUCTIONS} from './reductions.ts';

export const CASES: readonly Case[] = [...PRODUCTS, ...ELEMENTWISE, ...REDUCTIONS, ...MOVEMENT];
