-- Follows 1 000 links, the most popular most often (Zipf). Arguments: a seed, and how many links
-- the 1 000 are spread over. Looking at each answer would make wrk the slower side; scripts/bench
-- asks the server for its count of 302.

dofile("bench/report.lua")()
local code = dofile("bench/codes.lua")

local hot = 1000
-- Requests are made before the load and repeated: making one costs more than answering it.
local prepared = 65536
local requests, turn = {}, 0

-- What a browser says that logs and clicks keep.
local tail = " HTTP/1.1\r\nHost: " .. os.getenv("BENCH_HOST") ..
  "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" ..
  "\r\nReferer: https://news.example.org/\r\n\r\n"

-- weights[rank] is the chance of a rank up to this one, times weights[hot].
local weights, sum = {}, 0
for rank = 1, hot do
  sum = sum + 1 / rank
  weights[rank] = sum
end

local function draw_rank()
  local drawn = math.random() * sum
  local low, high = 1, hot
  while low < high do
    local middle = math.floor((low + high) / 2)
    if weights[middle] < drawn then low = middle + 1 else high = middle end
  end
  return low
end

function init(arguments)
  math.randomseed(tonumber(arguments[1]))
  local links = tonumber(arguments[2])
  for slot = 1, prepared do
    local number = draw_rank() * math.floor(links / hot)
    requests[slot] = "GET /" .. code(number) .. tail
  end
end

function request()
  turn = turn % prepared + 1
  return requests[turn]
end
