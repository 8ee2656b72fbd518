/**
 * Of a shell: takes memory until it is killed for it. The shell stays a moment longer, because engines miss why a program was killed
 * when its container is gone before they have looked (one of 24 on a busy machine).
 */
export const memoryEater = 'tail /dev/zero; code=$?; sleep 1; exit $code'
