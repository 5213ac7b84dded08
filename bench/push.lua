-- Sends each body of a file once, dealt out over the threads, and counts the answers that are not exactly a success.
local counter = 0
local threads = {}

function setup(thread)
  thread:set("id", counter)
  counter = counter + 1
  table.insert(threads, thread)
end

function init(args)
  bodies = {}
  refused = 0
  position = 0
  local number = 0
  for line in io.lines(args[1]) do
    if number % 2 == id then
      bodies[#bodies + 1] = line
    end
    number = number + 1
  end
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
end

function request()
  position = position % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[position])
end

function response(status, headers, body)
  if status ~= 200 or not string.find(body, '"result":true', 1, true) then
    refused = refused + 1
  end
end

function done(summary, latency, requests)
  local total = 0
  for _, thread in ipairs(threads) do
    total = total + thread:get("refused")
  end
  io.write(string.format("FIGURES requests=%d seconds=%.3f p50_ms=%.2f p99_ms=%.2f refused=%d faults=%d\n",
    summary.requests, summary.duration / 1000000, latency:percentile(50) / 1000, latency:percentile(99) / 1000, total,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
