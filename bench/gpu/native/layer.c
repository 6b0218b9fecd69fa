/*
 * A Vulkan layer for a device that is not there: Mesa's RADV with RADV_FORCE_FAMILY compiles pipelines for a GPU that the machine
 * does not have, but cannot allocate, record or submit. This layer answers those calls itself, so that Dawn runs on it, and asks
 * the driver for statistics and the assembly of every compute pipeline. On a driver that can run things (BLOCK_FUSION_RUN=1) it
 * only watches. A pipeline goes to the folder BLOCK_FUSION_OUT as NAME.spv, NAME.txt (statistics) and NAME.asm;
 * BLOCK_FUSION_PIPELINE, read when the pipeline is created, is its name, and without one they are numbered. BLOCK_FUSION_WAVE asks
 * for another subgroup size.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#define EXPORT __attribute__((visibility("default")))

static PFN_vkGetInstanceProcAddr next_instance_proc;
static PFN_vkGetDeviceProcAddr next_device_proc;
static VkInstance the_instance;
static VkDevice the_device;
static int runs; /* whether the driver below can run things */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define NEXT(name) ((PFN_##name)next_device_proc(the_device, #name))
#define NEXT_I(name) ((PFN_##name)next_instance_proc(the_instance, #name))

/* ---- what the fake device lacks: memory, recording, submission ---- */

static VkResult succeed(void) { return VK_SUCCESS; }

static void memory_properties(VkPhysicalDeviceMemoryProperties *p) {
  memset(p, 0, sizeof *p);
  p->memoryHeapCount = 1;
  p->memoryHeaps[0] = (VkMemoryHeap){8ull << 30, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
  p->memoryTypeCount = 1;
  p->memoryTypes[0].propertyFlags = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                    VK_MEMORY_PROPERTY_HOST_COHERENT_BIT | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
}

static void VKAPI_CALL get_memory_properties(VkPhysicalDevice d, VkPhysicalDeviceMemoryProperties *p) { memory_properties(p); }
static void VKAPI_CALL get_memory_properties2(VkPhysicalDevice d, VkPhysicalDeviceMemoryProperties2 *p) {
  memory_properties(&p->memoryProperties);
}

/* A handle is the address of the bytes. */
static VkResult VKAPI_CALL allocate_memory(VkDevice d, const VkMemoryAllocateInfo *i, const VkAllocationCallbacks *a, VkDeviceMemory *m) {
  *m = (VkDeviceMemory)calloc(1, i->allocationSize);
  return *m ? VK_SUCCESS : VK_ERROR_OUT_OF_DEVICE_MEMORY;
}
static void VKAPI_CALL free_memory(VkDevice d, VkDeviceMemory m, const VkAllocationCallbacks *a) { free((void *)m); }
static VkResult VKAPI_CALL map_memory(VkDevice d, VkDeviceMemory m, VkDeviceSize at, VkDeviceSize n, VkMemoryMapFlags f, void **p) {
  *p = (char *)m + at;
  return VK_SUCCESS;
}
static void VKAPI_CALL buffer_requirements(VkDevice d, VkBuffer b, VkMemoryRequirements *r) {
  NEXT(vkGetBufferMemoryRequirements)(d, b, r);
  r->memoryTypeBits = 1;
}
static void VKAPI_CALL buffer_requirements2(VkDevice d, const VkBufferMemoryRequirementsInfo2 *i, VkMemoryRequirements2 *r) {
  NEXT(vkGetBufferMemoryRequirements2)(d, i, r);
  r->memoryRequirements.memoryTypeBits = 1;
}
static void VKAPI_CALL image_requirements(VkDevice d, VkImage b, VkMemoryRequirements *r) {
  NEXT(vkGetImageMemoryRequirements)(d, b, r);
  r->memoryTypeBits = 1;
}
static void VKAPI_CALL image_requirements2(VkDevice d, const VkImageMemoryRequirementsInfo2 *i, VkMemoryRequirements2 *r) {
  NEXT(vkGetImageMemoryRequirements2)(d, i, r);
  r->memoryRequirements.memoryTypeBits = 1;
}
static VkResult VKAPI_CALL create_handle(VkDevice d, const void *i, const VkAllocationCallbacks *a, uint64_t *handle) {
  static uint64_t next = 1;
  *handle = __sync_fetch_and_add(&next, 1);
  return VK_SUCCESS;
}
static VkResult VKAPI_CALL query_results(VkDevice d, VkQueryPool q, uint32_t first, uint32_t n, size_t size, void *data, VkDeviceSize stride,
                                         VkQueryResultFlags f) {
  memset(data, 0, size);
  return VK_SUCCESS;
}
/* Sets are not written: their buffers have no memory. */
static VkResult VKAPI_CALL allocate_sets(VkDevice d, const VkDescriptorSetAllocateInfo *i, VkDescriptorSet *sets) {
  for (uint32_t k = 0; k < i->descriptorSetCount; k++) create_handle(d, NULL, NULL, (uint64_t *)&sets[k]);
  return VK_SUCCESS;
}

/* ---- what it watches: modules and pipelines ---- */

struct module {
  VkShaderModule handle;
  size_t size;
  void *code;
  struct module *next;
};
static struct module *modules;

static VkResult VKAPI_CALL create_module(VkDevice d, const VkShaderModuleCreateInfo *i, const VkAllocationCallbacks *a, VkShaderModule *m) {
  VkResult result = NEXT(vkCreateShaderModule)(d, i, a, m);
  if (result != VK_SUCCESS) return result;
  struct module *made = malloc(sizeof *made);
  *made = (struct module){*m, i->codeSize, malloc(i->codeSize), NULL};
  memcpy(made->code, i->pCode, i->codeSize);
  pthread_mutex_lock(&lock);
  made->next = modules;
  modules = made;
  pthread_mutex_unlock(&lock);
  return result;
}

static FILE *output(const char *name, const char *suffix) {
  char path[4096];
  const char *folder = getenv("BLOCK_FUSION_OUT");
  snprintf(path, sizeof path, "%s/%s%s", folder ? folder : ".", name, suffix);
  FILE *file = fopen(path, "wb");
  if (!file) perror(path);
  return file;
}

static void write_statistic(FILE *file, const VkPipelineExecutableStatisticKHR *s) {
  fprintf(file, "%s\t", s->name);
  switch (s->format) {
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR: fprintf(file, "%u\n", s->value.b32); break;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR: fprintf(file, "%lld\n", (long long)s->value.i64); break;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR: fprintf(file, "%llu\n", (unsigned long long)s->value.u64); break;
    default: fprintf(file, "%g\n", s->value.f64);
  }
}

static void write_code(VkDevice d, const VkPipelineExecutableInfoKHR *executable, const char *name) {
  uint32_t n = 0;
  PFN_vkGetPipelineExecutableInternalRepresentationsKHR get = NEXT(vkGetPipelineExecutableInternalRepresentationsKHR);
  get(d, executable, &n, NULL);
  VkPipelineExecutableInternalRepresentationKHR *all = calloc(n, sizeof *all);
  for (uint32_t k = 0; k < n; k++) all[k].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR;
  get(d, executable, &n, all);
  for (uint32_t k = 0; k < n; k++) all[k].pData = malloc(all[k].dataSize);
  get(d, executable, &n, all);
  for (uint32_t k = 0; k < n; k++) {
    if (strstr(all[k].name, "ssembly")) {
      FILE *file = output(name, ".asm");
      if (file) fwrite(all[k].pData, 1, all[k].dataSize, file), fclose(file);
    }
    free(all[k].pData);
  }
  free(all);
}

static void write_pipeline(VkDevice d, VkPipeline pipeline, const VkComputePipelineCreateInfo *info) {
  static int count;
  char number[16];
  snprintf(number, sizeof number, "%04d", count++);
  const char *name = getenv("BLOCK_FUSION_PIPELINE");
  if (!name) name = number;
  for (struct module *m = modules; m; m = m->next)
    if (m->handle == info->stage.module) {
      FILE *spirv = output(name, ".spv");
      if (spirv) fwrite(m->code, 1, m->size, spirv), fclose(spirv);
      break;
    }
  VkPipelineInfoKHR of = {VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, NULL, pipeline};
  uint32_t n = 1;
  VkPipelineExecutablePropertiesKHR properties = {VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
  PFN_vkGetPipelineExecutablePropertiesKHR get = NEXT(vkGetPipelineExecutablePropertiesKHR);
  FILE *file = output(name, ".txt");
  if (!file) return;
  for (const VkBaseInStructure *each = info->stage.pNext; each; each = each->pNext)
    if (each->sType == VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO)
      fprintf(file, "required subgroup\t%u\n", ((const VkPipelineShaderStageRequiredSubgroupSizeCreateInfo *)each)->requiredSubgroupSize);
  fprintf(file, "stage flags\t%u\n", info->stage.flags);
  if (get && get(d, &of, &n, &properties) >= 0 && n == 1) {
    fprintf(file, "subgroup\t%u\n", properties.subgroupSize);
    VkPipelineExecutableInfoKHR executable = {VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, NULL, pipeline, 0};
    VkPipelineExecutableStatisticKHR statistics[64];
    for (int k = 0; k < 64; k++) statistics[k] = (VkPipelineExecutableStatisticKHR){VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR};
    n = 64;
    NEXT(vkGetPipelineExecutableStatisticsKHR)(d, &executable, &n, statistics);
    for (uint32_t k = 0; k < n; k++) write_statistic(file, &statistics[k]);
    write_code(d, &executable, name);
  }
  fclose(file);
}

static VkResult VKAPI_CALL create_pipelines(VkDevice d, VkPipelineCache cache, uint32_t n, const VkComputePipelineCreateInfo *infos,
                                            const VkAllocationCallbacks *a, VkPipeline *pipelines) {
  VkComputePipelineCreateInfo *asked = malloc(n * sizeof *asked);
  memcpy(asked, infos, n * sizeof *asked);
  const char *size = getenv("BLOCK_FUSION_WAVE");
  VkPipelineShaderStageRequiredSubgroupSizeCreateInfo subgroup = {
      VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO, NULL, size ? atoi(size) : 0};
  for (uint32_t k = 0; k < n; k++) {
    asked[k].flags |= VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR | VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR;
    if (size) asked[k].stage.pNext = &subgroup; /* Dawn chains nothing else to a stage */
  }
  VkResult result = NEXT(vkCreateComputePipelines)(d, cache, n, asked, a, pipelines);
  free(asked);
  pthread_mutex_lock(&lock);
  for (uint32_t k = 0; k < n && result == VK_SUCCESS; k++) write_pipeline(d, pipelines[k], &infos[k]);
  pthread_mutex_unlock(&lock);
  return result;
}

/* ---- the layer's frame ---- */

static PFN_vkVoidFunction own(const char *name) {
  static const struct {
    const char *name;
    void *function;
  } watched[] = {
      {"vkCreateShaderModule", create_module},
      {"vkCreateComputePipelines", create_pipelines},
  }, faked[] = {
      {"vkAllocateMemory", allocate_memory},
      {"vkFreeMemory", free_memory},
      {"vkMapMemory", map_memory},
      {"vkUnmapMemory", succeed},
      {"vkFlushMappedMemoryRanges", succeed},
      {"vkInvalidateMappedMemoryRanges", succeed},
      {"vkBindBufferMemory", succeed},
      {"vkBindBufferMemory2", succeed},
      {"vkBindImageMemory", succeed},
      {"vkBindImageMemory2", succeed},
      {"vkGetBufferMemoryRequirements", buffer_requirements},
      {"vkGetBufferMemoryRequirements2", buffer_requirements2},
      {"vkGetImageMemoryRequirements", image_requirements},
      {"vkGetImageMemoryRequirements2", image_requirements2},
      {"vkBeginCommandBuffer", succeed},
      {"vkEndCommandBuffer", succeed},
      {"vkResetCommandBuffer", succeed},
      {"vkResetCommandPool", succeed},
      {"vkQueueSubmit", succeed},
      {"vkQueueSubmit2", succeed},
      {"vkQueueWaitIdle", succeed},
      {"vkDeviceWaitIdle", succeed},
      {"vkCreateFence", create_handle},
      {"vkDestroyFence", succeed},
      {"vkResetFences", succeed},
      {"vkGetFenceStatus", succeed},
      {"vkWaitForFences", succeed},
      {"vkCreateSemaphore", create_handle},
      {"vkDestroySemaphore", succeed},
      {"vkCreateQueryPool", create_handle},
      {"vkDestroyQueryPool", succeed},
      {"vkGetQueryPoolResults", query_results},
      {"vkCreateDescriptorPool", create_handle},
      {"vkDestroyDescriptorPool", succeed},
      {"vkResetDescriptorPool", succeed},
      {"vkAllocateDescriptorSets", allocate_sets},
      {"vkFreeDescriptorSets", succeed},
      {"vkUpdateDescriptorSets", succeed},
  };
  for (size_t k = 0; k < sizeof watched / sizeof *watched; k++)
    if (!strcmp(name, watched[k].name)) return (PFN_vkVoidFunction)watched[k].function;
  if (runs) return NULL;
  if (!strncmp(name, "vkCmd", 5)) return (PFN_vkVoidFunction)succeed;
  for (size_t k = 0; k < sizeof faked / sizeof *faked; k++)
    if (!strcmp(name, faked[k].name)) return (PFN_vkVoidFunction)faked[k].function;
  return NULL;
}

static void *link_of(const void *next, VkStructureType type) {
  for (const VkBaseInStructure *each = next; each; each = each->pNext) {
    /* VkLayerInstanceCreateInfo and VkLayerDeviceCreateInfo begin alike. */
    if (each->sType == type && ((const VkLayerInstanceCreateInfo *)each)->function == VK_LAYER_LINK_INFO) return (void *)each;
  }
  return NULL;
}

static VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *i, const VkAllocationCallbacks *a, VkInstance *instance) {
  VkLayerInstanceCreateInfo *link = link_of(i->pNext, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
  next_instance_proc = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  runs = getenv("BLOCK_FUSION_RUN") != NULL;
  VkResult result = ((PFN_vkCreateInstance)next_instance_proc(NULL, "vkCreateInstance"))(i, a, instance);
  the_instance = *instance;
  return result;
}

/* Adds the extension and the feature that statistics need. */
static VkResult VKAPI_CALL create_device(VkPhysicalDevice p, const VkDeviceCreateInfo *i, const VkAllocationCallbacks *a, VkDevice *device) {
  VkLayerDeviceCreateInfo *link = link_of(i->pNext, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO);
  PFN_vkGetInstanceProcAddr instance_proc = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  next_device_proc = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR feature = {
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR, (void *)i->pNext, VK_TRUE};
  const char *extensions[256];
  uint32_t n = i->enabledExtensionCount;
  memcpy(extensions, i->ppEnabledExtensionNames, n * sizeof *extensions);
  extensions[n] = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
  VkDeviceCreateInfo asked = *i;
  asked.pNext = &feature;
  asked.enabledExtensionCount = n + 1;
  asked.ppEnabledExtensionNames = extensions;
  PFN_vkCreateDevice create = (PFN_vkCreateDevice)instance_proc(the_instance, "vkCreateDevice");
  VkResult result = create(p, &asked, a, device);
  if (result != VK_SUCCESS) result = create(p, i, a, device); /* without statistics */
  the_device = *device;
  return result;
}

static PFN_vkVoidFunction VKAPI_CALL device_proc(VkDevice d, const char *name) {
  if (!strcmp(name, "vkGetDeviceProcAddr")) return (PFN_vkVoidFunction)device_proc;
  PFN_vkVoidFunction ours = own(name);
  return ours ? ours : next_device_proc(d, name);
}

static PFN_vkVoidFunction VKAPI_CALL instance_proc(VkInstance i, const char *name) {
  if (!strcmp(name, "vkGetInstanceProcAddr")) return (PFN_vkVoidFunction)instance_proc;
  if (!strcmp(name, "vkGetDeviceProcAddr")) return (PFN_vkVoidFunction)device_proc;
  if (!strcmp(name, "vkCreateInstance")) return (PFN_vkVoidFunction)create_instance;
  if (!strcmp(name, "vkCreateDevice")) return (PFN_vkVoidFunction)create_device;
  if (!runs && !strcmp(name, "vkGetPhysicalDeviceMemoryProperties")) return (PFN_vkVoidFunction)get_memory_properties;
  if (!runs && !strncmp(name, "vkGetPhysicalDeviceMemoryProperties2", 36)) return (PFN_vkVoidFunction)get_memory_properties2;
  PFN_vkVoidFunction ours = own(name);
  return ours ? ours : next_instance_proc(i, name);
}

EXPORT VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *v) {
  v->loaderLayerInterfaceVersion = 2;
  v->pfnGetInstanceProcAddr = instance_proc;
  v->pfnGetDeviceProcAddr = device_proc;
  v->pfnGetPhysicalDeviceProcAddr = NULL;
  return VK_SUCCESS;
}
