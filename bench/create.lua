-- Creates links, every one with a target of its own. Arguments: a number that no other run has,
-- and, if wanted, how many milliseconds each connection waits between two links on average. The
-- administrator's key comes from the environment, where no list of processes shows it.

dofile("bench/report.lua")(201)

local number

function init(arguments)
  number = tonumber(arguments[1]) * 10000000
  local pause = tonumber(arguments[2])
  if pause then
    function delay() return math.random(2 * pause - 1) end
  end
end

local function body(of)
  return string.format(
    '{"original_url":"https://site-%05d.example.com/articles/%09d?ref=newsletter"}',
    of % 100000, of)
end

local head = table.concat({
  "POST /api/v1/urls HTTP/1.1",
  "Host: " .. os.getenv("BENCH_HOST"),
  "Authorization: Bearer " .. os.getenv("CURT_ADMIN_KEY"),
  "Content-Type: application/json",
  "Content-Length: " .. #body(0),
  "\r\n",
}, "\r\n")

function request()
  number = number + 1
  return head .. body(number)
end
