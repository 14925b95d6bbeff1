import Redis

/// What the server does as one step; all keys of a topic are in one database of one server.
///
/// Times are the server's own, so that clocks of different machines are never compared.
enum Scripts {
    /// The first line of scripts that run although the server's memory is full.
    ///
    /// Consumers go on then: what they acknowledge is deleted, and makes room. Without it nobody could show that they
    /// live, and nothing would ever be deleted.
    private static let always = "#!lua flags=allow-oom\n"

    /// Functions that several scripts share.
    static let common = """
        local function groups(key)
          local all = {}
          if redis.call('EXISTS', key) == 0 then return all end
          for _, row in ipairs(redis.call('XINFO', 'GROUPS', key)) do
            local group = {}
            for i = 1, #row, 2 do group[row[i]] = row[i + 1] end
            all[#all + 1] = group
          end
          return all
        end
        local function split(id)
          local ms, seq = string.match(id, '^(%d+)-(%d+)$')
          return tonumber(ms), tonumber(seq)
        end
        local function before(a, b)
          local x, n = split(a)
          local y, m = split(b)
          return x < y or (x == y and n < m)
        end
        local function stream(key)
          local row, found = redis.call('XINFO', 'STREAM', key), {}
          for i = 1, #row, 2 do found[row[i]] = row[i + 1] end
          return found
        end
        local function now()
          local time = redis.call('TIME')
          return time[1] * 1000 + math.floor(time[2] / 1000)
        end
        -- How many messages of a group wait, and how many were delivered and not acknowledged.
        local function depth(name, first)
          local waiting, pending = 0, 0
          for i = first, #KEYS do
            for _, group in ipairs(groups(KEYS[i])) do
              if group.name == name then
                waiting = waiting + (group.lag or redis.call('XLEN', KEYS[i]))
                pending = pending + group.pending
              end
            end
          end
          return waiting, pending
        end
        -- The size of an entry's fields, and fields in their place that are not too large for an answer: their message is
        -- cut, and becomes a dead letter.
        local function fitting(fields)
          local size, message = 0, nil
          for n = 1, #fields, 2 do
            size = size + #fields[n] + #fields[n + 1]
            if fields[n] == 'm' then message = message or fields[n + 1] end
          end
          if size <= 16000000 then return size, fields end
          return 70000, {message and 'm' or 'cut', string.sub(message or '', 1, 65537)}
        end
        -- Deletes what every group has acknowledged; not while groups that were lost are being made again.
        local function trim(key)
          if redis.call('EXISTS', key .. ':new') == 1 then return end
          local least
          for _, group in ipairs(groups(key)) do
            local id = group['last-delivered-id']
            if group.pending > 0 then id = redis.call('XPENDING', key, group.name)[2] or id end
            if not least or before(id, least) then least = id end
          end
          if least then redis.call('XTRIM', key, 'MINID', least) end
        end

        """

    /// Publishes a batch or refuses it; keys are the topic's streams.
    ///
    /// Arguments: capacity, `refuse`, `drop` or `force`, count of messages, then for each the number of its stream and
    /// its bytes. Answers with 1 if it was taken, and how many messages were dropped.
    static let publish = RedisScript(
        common + """
            local capacity, mode, count = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
            local function add()
              for i = 4, #ARGV, 2 do redis.call('XADD', KEYS[tonumber(ARGV[i]) + 1], '*', 'm', ARGV[i + 1]) end
            end
            local length = 0
            for _, key in ipairs(KEYS) do length = length + redis.call('XLEN', key) end
            if mode == 'force' or length + count <= capacity then
              add()
              return {1, 0}
            end
            for _, key in ipairs(KEYS) do trim(key) end
            -- The waiting messages of each group.
            local function measure()
              local waiting, lags = {}, {}
              for i, key in ipairs(KEYS) do
                for _, group in ipairs(groups(key)) do
                  local lag = group.lag or redis.call('XLEN', key)
                  waiting[group.name] = (waiting[group.name] or 0) + lag
                  lags[group.name] = lags[group.name] or {}
                  table.insert(lags[group.name], {i, lag, group['last-delivered-id'], group['entries-read']})
                end
              end
              return waiting, lags
            end
            local waiting = measure()
            local hasGroup = next(waiting) ~= nil
            if hasGroup and mode == 'refuse' then
              for _, number in pairs(waiting) do
                if number > 0 and number + count > capacity then return {0, 0} end
              end
            end
            add()
            local dropped = 0
            if not hasGroup then
              local total = 0
              for _, key in ipairs(KEYS) do total = total + redis.call('XLEN', key) end
              if total > capacity then
                for _, key in ipairs(KEYS) do
                  local kept = math.floor(redis.call('XLEN', key) * capacity / total)
                  dropped = dropped + redis.call('XTRIM', key, 'MAXLEN', kept)
                end
              end
            elseif mode == 'drop' then
              local after, lags = measure()
              for name, total in pairs(after) do
                if total > capacity then
                  for _, row in ipairs(lags[name]) do
                    local excess = row[2] - math.floor(row[2] * capacity / total)
                    if excess > 0 then
                      local skipped = redis.call('XRANGE', KEYS[row[1]], '(' .. row[3], '+', 'COUNT', excess)
                      if #skipped > 0 then
                        local id = skipped[#skipped][1]
                        if row[4] then
                          redis.call('XGROUP', 'SETID', KEYS[row[1]], name, id, 'ENTRIESREAD', row[4] + #skipped)
                        else
                          redis.call('XGROUP', 'SETID', KEYS[row[1]], name, id)
                        end
                        dropped = dropped + #skipped
                      end
                    end
                  end
                end
              end
            end
            return {1, dropped}
            """
    )

    /// Makes the group and the member; keys are the members' and the streams, arguments the group, the member, the name
    /// of the topic, the register of topics, and 1 when the server has lost the group.
    ///
    /// The first group of a topic begins with the oldest message, later ones with the next. A group that was lost begins
    /// with the oldest: its streams were lost too, and what is there came after that.
    static let join = RedisScript(
        always + common + """
            for i = 2, #KEYS do
              local key = KEYS[i]
              local all, known = groups(key), false
              for _, group in ipairs(all) do known = known or group.name == ARGV[1] end
              if not known then
                if redis.call('EXISTS', key) == 0 then
                  redis.call('XGROUP', 'CREATE', key, ARGV[1], '0', 'MKSTREAM', 'ENTRIESREAD', 0)
                else
                  local found = stream(key)
                  if #all == 0 or ARGV[5] == '1' then
                    local read = found['entries-added'] - found['length']
                    redis.call('XGROUP', 'CREATE', key, ARGV[1], '0', 'ENTRIESREAD', read)
                  else
                    redis.call('XGROUP', 'CREATE', key, ARGV[1], '$', 'ENTRIESREAD', found['entries-added'])
                  end
                end
              end
            end
            if ARGV[5] == '1' then
              for i = 2, #KEYS do redis.call('SET', KEYS[i] .. ':new', '1', 'PX', 5000) end
            end
            redis.call('ZADD', KEYS[1], now(), ARGV[2])
            redis.call('HSET', ARGV[4], ARGV[3], #KEYS - 1)
            return 1
            """
    )

    /// Shows that a member lives, and takes over what others have left; keys are the members' and the streams.
    ///
    /// Arguments: group, member, milliseconds until redelivery, limit, milliseconds until a silent member counts as
    /// dead, 1 to trim. Answers with rows of stream number, id, attempt and fields, and the group's
    /// waiting and unacknowledged messages.
    static let claim = RedisScript(
        always + common + """
            local group, me, limit = ARGV[1], ARGV[2], tonumber(ARGV[4])
            local time, found, bytes = now(), {}, 0
            redis.call('ZADD', KEYS[1], time, me)
            local function take(i, rows, idle)
              for _, row in ipairs(rows) do
                -- The rest comes with the next sign of life.
                if bytes > 8000000 then return end
                for _, entry in ipairs(redis.call('XCLAIM', KEYS[i], group, me, idle, row[1])) do
                  if entry then
                    local size, fields = fitting(entry[2])
                    bytes = bytes + size
                    found[#found + 1] = {i - 2, entry[1], row[4] + 1, fields}
                  end
                end
                limit = limit - 1
              end
            end
            for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', time - tonumber(ARGV[5]))) do
              local left = false
              for i = 2, #KEYS do
                if limit > 0 then take(i, redis.call('XPENDING', KEYS[i], group, '-', '+', limit, dead), 0) end
                left = left or #redis.call('XPENDING', KEYS[i], group, '-', '+', 1, dead) > 0
              end
              if not left then
                for i = 2, #KEYS do redis.call('XGROUP', 'DELCONSUMER', KEYS[i], group, dead) end
                redis.call('ZREM', KEYS[1], dead)
              end
            end
            for i = 2, #KEYS do
              if limit > 0 then
                local rows = redis.call('XPENDING', KEYS[i], group, 'IDLE', ARGV[3], '-', '+', limit)
                take(i, rows, ARGV[3])
              end
              if ARGV[6] == '1' then trim(KEYS[i]) end
            end
            return {found, depth(group, 2)}
            """
    )

    /// Shows that an owner of partitions lives, and gives it its share; keys are the members', the owners' and streams.
    ///
    /// Arguments: group, member, milliseconds until a silent member counts as dead, milliseconds until redelivery, 1 to
    /// trim. Answers with its streams, how many of them it should release, those with messages to deliver
    /// again, and the group's waiting and unacknowledged messages.
    static let share = RedisScript(
        always + common + """
            local group, me, count = ARGV[1], ARGV[2], #KEYS - 2
            local time = now()
            redis.call('ZADD', KEYS[1], time, me)
            redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', time - tonumber(ARGV[3]))
            local members, counts, owners = {}, {}, {}
            for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
              members[#members + 1] = name
              counts[name] = 0
            end
            local held = redis.call('HGETALL', KEYS[2])
            for i = 1, #held, 2 do
              if counts[held[i + 1]] then
                owners[held[i]] = held[i + 1]
                counts[held[i + 1]] = counts[held[i + 1]] + 1
              else
                redis.call('HDEL', KEYS[2], held[i])
              end
            end
            local quota = math.floor(count / #members)
            local larger, rest = 0, count % #members
            for _, name in ipairs(members) do
              if name ~= me and counts[name] > quota then larger = larger + 1 end
            end
            if larger < rest then quota = quota + 1 end
            local mine, due = {}, {}
            for i = 0, count - 1 do
              local key = tostring(i)
              if not owners[key] and counts[me] < quota then
                redis.call('HSET', KEYS[2], key, me)
                owners[key] = me
                counts[me] = counts[me] + 1
              end
              if owners[key] == me then
                mine[#mine + 1] = i
                if #redis.call('XPENDING', KEYS[i + 3], group, 'IDLE', ARGV[4], '-', '+', 1, me) > 0 then
                  due[#due + 1] = i
                end
                if ARGV[5] == '1' then trim(KEYS[i + 3]) end
              end
            end
            return {mine, math.max(0, counts[me] - quota), due, depth(group, 3)}
            """
    )

    /// Takes over what was delivered from a stream and not acknowledged; keys are the owners' and the stream.
    ///
    /// Arguments: group, member, number of the stream, the id to begin with, limit. Answers with how many there were,
    /// the last id, and rows of id, attempt and fields; with null for one who does not own the stream.
    static let recover = RedisScript(
        common + """
            local group, me = ARGV[1], ARGV[2]
            if redis.call('HGET', KEYS[1], ARGV[3]) ~= me then return false end
            local rows = redis.call('XPENDING', KEYS[2], group, ARGV[4], '+', ARGV[5])
            local found, last, bytes, count = {}, '', 0, #rows
            for _, row in ipairs(rows) do
              if bytes > 8000000 then
                -- The rest comes with the next call.
                count = tonumber(ARGV[5])
                break
              end
              last = row[1]
              for _, entry in ipairs(redis.call('XCLAIM', KEYS[2], group, me, 0, row[1])) do
                if entry then
                  local size, fields = fitting(entry[2])
                  bytes = bytes + size
                  found[#found + 1] = {entry[1], row[4] + 1, fields}
                end
              end
            end
            if count < tonumber(ARGV[5]) then
              -- Nothing is left of the owners before.
              for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[2], group)) do
                local consumer = {}
                for i = 1, #row, 2 do consumer[row[i]] = row[i + 1] end
                if consumer.name ~= me and consumer.pending == 0 then
                  redis.call('XGROUP', 'DELCONSUMER', KEYS[2], group, consumer.name)
                end
              end
            end
            return {count, last, found}
            """
    )

    /// Reads new messages of streams that the member owns; keys are the owners' and the streams.
    ///
    /// Arguments: group, member, limit for each stream, the numbers of the streams. Answers as XREADGROUP does; without
    /// messages with a null, followed by the last delivered id of each stream.
    static let read = RedisScript(
        common + """
            local group, me = ARGV[1], ARGV[2]
            local command = {'XREADGROUP', 'GROUP', group, me, 'COUNT', ARGV[3], 'STREAMS'}
            local keys = {}
            for i = 2, #KEYS do
              if redis.call('HGET', KEYS[1], ARGV[i + 2]) == me then keys[#keys + 1] = KEYS[i] end
            end
            if #keys > 0 then
              for _, key in ipairs(keys) do command[#command + 1] = key end
              for _ = 1, #keys do command[#command + 1] = '>' end
              local found = redis.call(unpack(command))
              if found then return {found} end
            end
            local ids = {}
            for _, key in ipairs(keys) do
              for _, one in ipairs(groups(key)) do
                if one.name == group then
                  ids[#ids + 1] = key
                  ids[#ids + 1] = one['last-delivered-id']
                end
              end
            end
            return {false, ids}
            """
    )

    /// Gives up streams, or all with the membership; keys are the members' and the owners'.
    ///
    /// Arguments: member, 1 to leave, the numbers of the streams.
    static let release = RedisScript(
        """
        for i = 3, #ARGV do
          if redis.call('HGET', KEYS[2], ARGV[i]) == ARGV[1] then redis.call('HDEL', KEYS[2], ARGV[i]) end
        end
        if ARGV[2] == '1' then redis.call('ZREM', KEYS[1], ARGV[1]) end
        return 1
        """
    )
}
