/** Times loads from files in this process, and prints them as JSON. Argument: a LoadRequest as JSON. */
import '@tensorflow/tfjs-backend-wasm';
import {modelFileHandler} from '../../src/load/modelFiles.ts';
import {ALL_TFJS} from '../../src/run/allTfjs.ts';
import {type LoadRequest, loadTimes} from './loadTimes.ts';

const request = JSON.parse(process.argv[2]!) as LoadRequest;
await ALL_TFJS.setBackend('wasm');
process.stdout.write(JSON.stringify(await loadTimes(request, modelFileHandler(request.model))));
