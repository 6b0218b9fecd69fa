/** Calls the micro-kernel of the spatial conv that the plan chose. */
import {int} from './call';
import {f32_depthwise_4x8} from './f32_depthwise_4x8';
import {f32_depthwise_k3_4x4} from './f32_depthwise_k3_4x4';
import {f32_depthwise_k3s2_4x4} from './f32_depthwise_k3s2_4x4';
import {f32_depthwise_k5_4x4} from './f32_depthwise_k5_4x4';
import {f32_depthwise_k7_8x4} from './f32_depthwise_k7_8x4';
import {f32_grouped_4x8} from './f32_grouped_4x8';
import {Field, SpatialKernel} from './fields';

/** Computes one row of outputs of 8 channels, as window.ts says. */
export function spatialRow(call: usize, image: usize, out: usize, outRow: i32, pixels: i32, channel: i32): void {
  switch (int(call, Field.SPATIAL_KERNEL)) {
    case SpatialKernel.f32_grouped_4x8:
      return f32_grouped_4x8(call, image, out, outRow, pixels, channel);
    case SpatialKernel.f32_depthwise_k3_4x4:
      return f32_depthwise_k3_4x4(call, image, out, outRow, pixels, channel);
    case SpatialKernel.f32_depthwise_k3s2_4x4:
      return f32_depthwise_k3s2_4x4(call, image, out, outRow, pixels, channel);
    case SpatialKernel.f32_depthwise_k5_4x4:
      return f32_depthwise_k5_4x4(call, image, out, outRow, pixels, channel);
    case SpatialKernel.f32_depthwise_k7_8x4:
      return f32_depthwise_k7_8x4(call, image, out, outRow, pixels, channel);
    default:
      return f32_depthwise_4x8(call, image, out, outRow, pixels, channel);
  }
}
