-- Follows links drawn evenly from all of them. Arguments: a seed, and how many links there are.

dofile("bench/report.lua")(302)
local code = dofile("bench/codes.lua")

local links

function init(arguments)
  math.randomseed(tonumber(arguments[1]))
  links = tonumber(arguments[2])
end

local tail = " HTTP/1.1\r\nHost: " .. os.getenv("BENCH_HOST") .. "\r\n\r\n"

function request()
  return "GET /" .. code(math.random(links)) .. tail
end
