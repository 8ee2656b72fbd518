;; Prints its arguments with a space between them, and a line feed: the smallest useful WASI program.
;; Build it with `wat2wasm echo.wat`.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)

  ;; 0 count, 4 size of all texts, 8 … 15 what to write (address, length), 16 bytes written, 32 … pointers, then the texts
  (func (export "_start") (local $texts i32) (local $end i32) (local $at i32)
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (local.set $texts (i32.add (i32.const 32) (i32.mul (i32.load (i32.const 0)) (i32.const 4))))
    (local.set $end (i32.add (local.get $texts) (i32.load (i32.const 4))))
    (if (i32.gt_u (local.get $end) (i32.const 65536)) (then (call $proc_exit (i32.const 1))))
    (drop (call $args_get (i32.const 32) (local.get $texts)))

    ;; the first text is the program's own name; without a second one a lone line feed is printed
    (local.set $at (local.get $end))
    (if (i32.gt_u (i32.load (i32.const 0)) (i32.const 1)) (then (local.set $at (i32.load (i32.const 36)))))
    (i32.store (i32.const 8) (local.get $at))
    (i32.store (i32.const 12) (i32.sub (local.get $end) (local.get $at)))
    (if (i32.eqz (i32.load (i32.const 12)))
      (then
        (i32.store (i32.const 8) (i32.const 20))
        (i32.store (i32.const 12) (i32.const 1))
        (i32.store8 (i32.const 20) (i32.const 10))))

    ;; the zero after each text becomes a space, the last one a line feed
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (if (i32.eqz (i32.load8_u (local.get $at))) (then (i32.store8 (local.get $at) (i32.const 32))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (i32.store8
      (i32.sub (i32.add (i32.load (i32.const 8)) (i32.load (i32.const 12))) (i32.const 1))
      (i32.const 10))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
