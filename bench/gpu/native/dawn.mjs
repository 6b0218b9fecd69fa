/**
 * `node dawn.mjs FILE.wgsl...`: makes the compute pipeline of each file by Dawn, on the Vulkan device that the environment names;
 * native/layer.c writes what the driver says of it. Prints a JSON line for each file that fails.
 */
import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import {create, globals} from 'webgpu';

Object.assign(globalThis, globals);
const gpu = create([]); // the device dies with it
const adapter = await gpu.requestAdapter();
if (adapter === null) throw new Error('no adapter: is the Vulkan driver that was asked for installed?');
const limits = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
];
const device = await adapter.requestDevice({
  requiredFeatures: ['shader-f16', 'subgroups'].filter((feature) => adapter.features.has(feature)),
  requiredLimits: Object.fromEntries(limits.map((name) => [name, adapter.limits[name]])),
});
for (const file of process.argv.slice(2)) {
  process.env.BLOCK_FUSION_PIPELINE = basename(file, '.wgsl');
  try {
    const module = device.createShaderModule({code: readFileSync(file, 'utf8')});
    await device.createComputePipelineAsync({layout: 'auto', compute: {module}});
  } catch (error) {
    console.log(JSON.stringify({file, message: error.message}));
  }
}
process.exit(0); // Dawn would keep Node alive
