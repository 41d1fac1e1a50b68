/** The memory that all kernels work on; a shared one states how large it may become. */
export function importMemory({ isShared }: { readonly isShared: boolean }): string {
  return isShared ? '(import "memory" "memory" (memory 1 65536 shared))' : '(import "memory" "memory" (memory 0))'
}
