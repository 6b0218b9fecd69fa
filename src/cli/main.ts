/** The program `tfjs-block-fusion`: wiring only, one file a command beside this one. */
import {Command} from 'commander';
import {VERSION} from '../version.ts';
import {defineCompare} from './compare.ts';
import {EXIT, reportError} from './exit.ts';
import {defineFuse} from './fuse.ts';
import {defineInspect} from './inspect.ts';
import {defineWaterline} from './waterline.ts';

// stdout is for results: what tfjs and the kernels have to say goes to stderr.
globalThis.console = new console.Console(process.stderr);

const program = new Command('tfjs-block-fusion')
  .description(
    'Fuses the residual blocks of converted TensorFlow.js models, compares fused with stock, and says where the time goes.',
  )
  .version(VERSION)
  .exitOverride()
  .showHelpAfterError('(add --help for the flags)')
  .addHelpText(
    'after',
    `
Examples:
  $ tfjs-block-fusion inspect models/convnext
  $ tfjs-block-fusion fuse models/convnext models/convnext-fused
  $ tfjs-block-fusion compare models/convnext --browser
  $ tfjs-block-fusion waterline models/convnext --out charts

Exit codes: ${EXIT.good} good; ${EXIT.failed} a check failed, or the model is broken; ${EXIT.misuse} misuse, as an
unknown flag, a path that is not there, a package that is not installed.`,
  );
defineInspect(program);
defineFuse(program);
defineCompare(program);
defineWaterline(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}
