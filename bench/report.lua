-- What every script here prints at its end: one line of `name=value` for scripts/bench.
--
-- `expected` is the status that every answer must have. Looking at each costs wrk a few
-- microseconds of its own core; without `expected` only failures (400 and more) are counted.

local threads = {}

local function expect(status_expected)
  as_expected, other_status = 0, 0

  function setup(thread)
    table.insert(threads, thread)
  end

  function response(status)
    if status == status_expected then
      as_expected = as_expected + 1
    else
      other_status = other_status + 1
    end
  end
end

local function sum(name)
  local total = 0
  for _, thread in ipairs(threads) do
    total = total + thread:get(name)
  end
  return total
end

return function(expected)
  if expected then expect(expected) end

  function done(summary, latency)
    local errors = summary.errors
    local good, failed = summary.requests - errors.status, errors.status
    if expected then good, failed = sum("as_expected"), sum("other_status") end
    failed = failed + errors.connect + errors.read + errors.write + errors.timeout
    io.write(string.format("good=%d failed=%d micros=%d p50=%d p99=%d\n",
      good, failed, summary.duration, latency:percentile(50), latency:percentile(99)))
  end
end
