import { afterEach, describe, expect, it, vi } from 'vitest'
import { SystemClock } from './clock.ts'

describe('the system clock', () => {
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  it('rises with every reading and stays near the wall clock', () => {
    const clock = new SystemClock()
    let last = 0n
    for (let reading = 0; reading < 10_000; reading++) {
      const now = clock.nowNs()
      expect(now).toBeGreaterThan(last)
      last = now
    }
    expect(Math.abs(Number(last / 1_000_000n) - Date.now())).toBeLessThan(1_000)
  })

  it('rises also when the wall clock is set back, and follows it when it is set forward', () => {
    const clock = new SystemClock()
    const before = clock.nowNs()
    const wall = vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000)
    expect(clock.nowNs()).toBe(before + 1n)
    wall.mockReturnValue(4_000_000_000_000)
    expect(clock.nowNs()).toBe(4_000_000_000_000_000_000n)
  })

  it('wakes once after the delay, also after one that is longer than a timer can be', () => {
    vi.useFakeTimers()
    const run = vi.fn<() => void>()
    const delayMs = 2 ** 31 * 3
    new SystemClock().after(delayMs, run)
    vi.advanceTimersByTime(delayMs - 1)
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(run).toHaveBeenCalledTimes(1)
  })

  it('does not wake who has stopped the timer', () => {
    vi.useFakeTimers()
    const run = vi.fn<() => void>()
    const timer = new SystemClock().after(2 ** 31 * 2, run)
    vi.advanceTimersByTime(2 ** 31)
    timer.stop()
    timer.stop()
    vi.advanceTimersByTime(2 ** 33)
    expect(run).not.toHaveBeenCalled()
  })

  it('ends a sleep with the reason of the signal and leaves no timer', async () => {
    vi.useFakeTimers()
    const clock = new SystemClock()
    const stop = new AbortController()
    const sleep = clock.sleep(1_000, stop.signal)
    stop.abort(new Error('enough'))
    await expect(sleep).rejects.toThrow('enough')
    await expect(clock.sleep(1_000, stop.signal)).rejects.toThrow('enough')
    expect(vi.getTimerCount()).toBe(0)
  })
})
