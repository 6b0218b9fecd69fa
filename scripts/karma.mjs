/** Runs karma once, with the exit code of its tests. karma loads a configuration by require(), which not every Node 20 can. */
import karma from 'karma';
import configure from '../karma.conf.js';

const options = {};
await configure({set: (settings) => Object.assign(options, settings)});
const config = await karma.config.parseConfig(null, options, {promiseConfig: true, throwErrors: true});
await new karma.Server(config, (exitCode) => process.exit(exitCode)).start();
