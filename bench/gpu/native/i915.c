/*
 * An Intel GPU that is not there, for LD_PRELOAD: what Mesa's ANV asks libdrm and the i915 kernel driver about a Tiger Lake GT2
 * (Xe, 96 EUs), answered without either. Memory is ordinary memory; submissions do nothing. Its render node is /dev/full, which
 * every Linux has and nobody else opens.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <libdrm/drm.h>
#include <libdrm/i915_drm.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NODE "/dev/full"
enum { DEVICE = 0x9a49, SLICES = 1, SUBSLICES = 6, EUS = 16 };

static char ours[4096]; /* by file descriptor */
static int is_ours(int fd) { return fd >= 0 && fd < (int)sizeof ours && ours[fd]; }

/* ---- libdrm, as far as its structs are public ---- */

typedef struct {
  uint16_t domain;
  uint8_t bus, dev, func;
} bus_info;
typedef struct {
  uint16_t vendor_id, device_id, subvendor_id, subdevice_id;
  uint8_t revision_id;
} device_info;
typedef struct {
  char **nodes;
  int available_nodes, bustype;
  union { bus_info *pci; } businfo;
  union { device_info *pci; } deviceinfo;
} drm_device;

static bus_info bus = {0, 0, 2, 0};
static device_info info = {0x8086, DEVICE, 0x8086, DEVICE, 1};
static char *nodes[] = {"/dev/dri/none", "/dev/dri/none", NODE};
static drm_device device = {nodes, 1 << 2, 0, {&bus}, {&info}};

int drmGetDevices2(uint32_t flags, drm_device *devices[], int most) {
  if (devices && most > 0) devices[0] = &device;
  return 1;
}
int drmGetDevices(drm_device *devices[], int most) { return drmGetDevices2(0, devices, most); }
int drmGetDevice2(int fd, uint32_t flags, drm_device **d) { return *d = &device, 0; }
int drmGetDevice(int fd, drm_device **d) { return *d = &device, 0; }
void drmFreeDevice(drm_device **d) { *d = NULL; }
void drmFreeDevices(drm_device *devices[], int n) {}

/* ---- files ---- */

static int opened(const char *path, int flags, mode_t mode) {
  int fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  if (fd >= 0 && fd < (int)sizeof ours) ours[fd] = !strcmp(path, NODE);
  return fd;
}
int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return opened(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return opened(path, flags, mode);
}
int close(int fd) {
  if (is_ours(fd)) ours[fd] = 0;
  return syscall(SYS_close, fd);
}
void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
  if (is_ours(fd)) flags = MAP_PRIVATE | MAP_ANONYMOUS, fd = -1, offset = 0;
  return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}
void *mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset) { return mmap(at, size, protection, flags, fd, offset); }

/* ---- the kernel driver ---- */

static int parameter(int which) {
  switch (which) {
    case I915_PARAM_CHIPSET_ID: return DEVICE;
    case I915_PARAM_REVISION: return 1;
    case I915_PARAM_CS_TIMESTAMP_FREQUENCY: return 19200000;
    case I915_PARAM_HAS_ALIASING_PPGTT: return 3;
    case I915_PARAM_CMD_PARSER_VERSION: return 10;
    case I915_PARAM_MMAP_GTT_VERSION: return 4;
    case I915_PARAM_SLICE_MASK: return (1 << SLICES) - 1;
    case I915_PARAM_SUBSLICE_MASK: return (1 << SUBSLICES) - 1;
    case I915_PARAM_SUBSLICE_TOTAL: return SLICES * SUBSLICES;
    case I915_PARAM_EU_TOTAL: return SLICES * SUBSLICES * EUS;
    case I915_PARAM_NUM_FENCES_AVAIL: return 32;
    case I915_PARAM_HAS_POOLED_EU: return 0;
    default: return 1;
  }
}

static void query(struct drm_i915_query_item *item) {
  struct {
    struct drm_i915_query_topology_info head;
    uint8_t data[1 + 1 + SUBSLICES * 2];
  } topology = {{0, SLICES, SUBSLICES, EUS, 1, 1, 2, 2}, {(1 << SLICES) - 1, (1 << SUBSLICES) - 1}};
  if (item->query_id != DRM_I915_QUERY_TOPOLOGY_INFO) {
    item->length = -EINVAL;
    return;
  }
  memset(topology.data + 2, 0xff, SUBSLICES * 2);
  int size = sizeof topology.head + sizeof topology.data;
  if (item->length >= size) memcpy((void *)item->data_ptr, &topology, size);
  item->length = size;
}

static int answer(unsigned long request, void *argument) {
  static uint32_t handles = 1;
  static uint64_t offsets = 1 << 20;
  switch (_IOC_NR(request)) {
    case _IOC_NR(DRM_IOCTL_VERSION): {
      struct drm_version *v = argument;
      if (v->name && v->name_len >= 4) memcpy(v->name, "i915", 4);
      v->version_major = 1;
      v->version_minor = 6;
      v->name_len = 4;
      v->date_len = v->desc_len = 0;
      return 0;
    }
    case _IOC_NR(DRM_IOCTL_GET_CAP): ((struct drm_get_cap *)argument)->value = 1; return 0;
    case _IOC_NR(DRM_IOCTL_SYNCOBJ_CREATE): ((struct drm_syncobj_create *)argument)->handle = handles++; return 0;
    case _IOC_NR(DRM_IOCTL_I915_GETPARAM): {
      struct drm_i915_getparam *p = argument;
      *p->value = parameter(p->param);
      return 0;
    }
    case _IOC_NR(DRM_IOCTL_I915_QUERY): {
      struct drm_i915_query *q = argument;
      for (uint32_t i = 0; i < q->num_items; i++) query((struct drm_i915_query_item *)q->items_ptr + i);
      return 0;
    }
    case _IOC_NR(DRM_IOCTL_I915_GEM_CREATE): ((struct drm_i915_gem_create *)argument)->handle = handles++; return 0;
    case _IOC_NR(DRM_IOCTL_I915_GEM_CREATE_EXT): ((struct drm_i915_gem_create_ext *)argument)->handle = handles++; return 0;
    case _IOC_NR(DRM_IOCTL_I915_GEM_USERPTR): ((struct drm_i915_gem_userptr *)argument)->handle = handles++; return 0;
    case _IOC_NR(DRM_IOCTL_I915_GEM_MMAP_OFFSET): /* also that of GEM_MMAP_GTT */
      ((struct drm_i915_gem_mmap_offset *)argument)->offset = offsets += 1 << 20;
      return 0;
    case _IOC_NR(DRM_IOCTL_I915_GEM_MMAP): {
      struct drm_i915_gem_mmap *m = argument;
      m->addr_ptr = (uintptr_t)syscall(SYS_mmap, NULL, m->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      return 0;
    }
    case _IOC_NR(DRM_IOCTL_I915_GEM_CONTEXT_CREATE): ((struct drm_i915_gem_context_create *)argument)->ctx_id = handles++; return 0;
    case _IOC_NR(DRM_IOCTL_I915_GEM_CONTEXT_GETPARAM): {
      struct drm_i915_gem_context_param *p = argument;
      p->value = p->param == I915_CONTEXT_PARAM_GTT_SIZE ? 1ull << 48 : 0;
      return 0;
    }
    case _IOC_NR(DRM_IOCTL_I915_GEM_VM_CREATE): ((struct drm_i915_gem_vm_control *)argument)->vm_id = handles++; return 0;
    case _IOC_NR(DRM_IOCTL_I915_GEM_GET_APERTURE): {
      struct drm_i915_gem_get_aperture *a = argument;
      a->aper_size = a->aper_available_size = 8ull << 30;
      return 0;
    }
    case _IOC_NR(DRM_IOCTL_I915_REG_READ): return 0;
    default: return 0; /* done, whatever it was */
  }
}

int ioctl(int fd, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  if (!is_ours(fd) || _IOC_TYPE(request) != 'd') return syscall(SYS_ioctl, fd, request, argument);
  int result = answer(request, argument);

  return result;
}
