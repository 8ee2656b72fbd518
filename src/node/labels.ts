import type { BuildInfo } from '#lib/build-info.ts'
import { vendorLabels } from '#models/gpu-vendor.ts'
import type { Resources } from '#models/resources.ts'

/** Labels of a node: the operator's, over what is detected of the machine (both generations' names). */
export const nodeLabels = (
  configured: Readonly<Record<string, string>>,
  nodeId: string,
  build: Readonly<BuildInfo>,
  resources: Resources,
): Record<string, string> => ({
  'Operating-System': build.GOOS,
  Architecture: build.GOARCH,
  name: nodeId,
  os_type: build.GOOS,
  os_arch: build.GOARCH,
  ...Object.fromEntries(
    (resources.GPUs ?? []).flatMap((gpu) => [
      [`GPU-${gpu.Index}`, gpu.Name.replaceAll(' ', '-')],
      [`GPU-${gpu.Index}-Memory`, `${gpu.Memory}-MiB`],
    ]),
  ),
  ...vendorLabels(resources.GPUs ?? []),
  ...configured,
})
