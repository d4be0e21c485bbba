-- The code of link `number` of a seeded database.
-- Invariant: the same function as in crates/curt-store/examples/bare_sqlite/links.rs.

local digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
local head_codes, tail_codes = 58 ^ 4, 58 ^ 3
local head_step, tail_step = 7654321, 104729

-- All values of two digits at once: a code takes four looks instead of seven divisions.
local pairs_of_digits = {}
for value = 0, 58 * 58 - 1 do
  local high, low = math.floor(value / 58) + 1, value % 58 + 1
  pairs_of_digits[value] = digits:sub(high, high) .. digits:sub(low, low)
end

-- The products stay below 2^53, so that numbers in Lua hold them exactly.
return function(number)
  local head = number * head_step % head_codes
  local tail = number * tail_step % tail_codes
  local tail_first = math.floor(tail / (58 * 58)) + 1
  return pairs_of_digits[math.floor(head / (58 * 58))]
    .. pairs_of_digits[head % (58 * 58)]
    .. digits:sub(tail_first, tail_first)
    .. pairs_of_digits[tail % (58 * 58)]
end
