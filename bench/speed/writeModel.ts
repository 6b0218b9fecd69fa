/** `npm run bench:model -- NETWORK FOLDER`: writes a network of the bench as a converted model, for the command line to work on. */
import {Argument, Command} from 'commander';
import {writeModelFiles} from '../../src/load/modelFiles.ts';
import {CASES} from './cases.ts';

const networks = CASES.filter((each) => each.kind === 'network');

const program = new Command('npm run bench:model --')
  .addArgument(new Argument('<network>', 'of random weights').choices(networks.map(({name}) => name)))
  .argument('<folder>', 'where to; made where there is none')
  .parse();
const [name, folder] = program.args as [string, string];
await writeModelFiles(networks.find((network) => network.name === name)!.artifacts(), folder);
