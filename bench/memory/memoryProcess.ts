/** `node --import tsx bench/memory/memoryProcess.ts REQUEST`: measures one side in this process, and prints the result as JSON. */
import '@tensorflow/tfjs-backend-wasm';
import {ALL_TFJS} from '../../src/run/allTfjs.ts';
import {modelFileHandler} from '../../src/load/modelFiles.ts';
import {type MemoryRequest, measureSide} from './memorySide.ts';

const request = JSON.parse(process.argv[2]!) as MemoryRequest;
await ALL_TFJS.setBackend('wasm');
process.stdout.write(JSON.stringify(await measureSide(ALL_TFJS, request, modelFileHandler(request.model))));
