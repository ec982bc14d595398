-- SPDX-License-Identifier: Apache-2.0
-- For wrk, one connection a thread: pushes blobs, each by POST and PUT. Arguments: a file of "DIGEST CONTENT" lines,
-- the repository path, the number of threads.
-- Every thread takes its own part of the file; the environment variable PUSH_TOKEN, when set, is sent as a bearer token.

local threads = 0

function setup(thread)
    thread:set("id", threads)
    threads = threads + 1
end

function init(args)
    blobs = {}
    local n = 0
    for line in io.lines(args[1]) do
        if n % tonumber(args[3]) == id then
            blobs[#blobs + 1] = line
        end
        n = n + 1
    end
    repository = args[2]
    headers = {["Content-Type"] = "application/octet-stream"}
    local token = os.getenv("PUSH_TOKEN")
    if token then
        headers["Authorization"] = "Bearer " .. token
    end
    index, location, pushed, failed = 1, nil, 0, 0
end

function request()
    if location == nil then
        return wrk.format("POST", repository .. "/blobs/uploads/", headers, "")
    end
    local digest, content = blobs[index]:match("^(%S+) (.*)$")
    local separator = location:find("?", 1, true) and "&" or "?"
    return wrk.format("PUT", location .. separator .. "digest=" .. digest, headers, content)
end

function response(status, response_headers)
    if location == nil and status == 202 then
        location = response_headers["Location"]:gsub("^%a+://[^/]+", "")
        return
    end
    if status == 201 then
        pushed = pushed + 1
    else
        failed = failed + 1
    end
    location = nil
    index = index + 1
    if index > #blobs or failed > 100 then
        wrk.thread:stop()
    end
end

function done(summary, latency, requests)
    io.write(string.format("requests %d errors %d duration_us %d\n", summary.requests,
        summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        summary.duration))
end
