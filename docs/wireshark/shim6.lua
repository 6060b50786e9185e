-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Shim6 (RFC 5533) and REAP (RFC 5534) for Wireshark and tshark: all messages, all options.
--
-- Wireshark's own dissector of protocol 140 reads the control messages one octet early; this one takes its place.
--
--   tshark -X lua_script:docs/wireshark/shim6.lua -r FILE
--   or copy it to the personal Lua plugins folder (Help, About Wireshark, Folders)
--
-- Filters begin with "s6.", as in: s6.type == 67 && s6.sta == 1, s6.tag == 0x7bbbbbbbbbbb, s6.expert

local s6 = Proto("s6", "Shim6")

local types = {
    [1] = "I1", [2] = "R1", [3] = "I2", [4] = "R2", [5] = "R1bis", [6] = "I2bis", [64] = "Update Request",
    [65] = "Update Acknowledgement", [66] = "Keepalive", [67] = "Probe", [68] = "Error",
}
local options = {
    [1] = "Responder Validator", [2] = "Locator List", [3] = "Locator Preferences",
    [4] = "CGA Parameter Data Structure", [5] = "CGA Signature", [6] = "ULID Pair",
    [7] = "Forked Instance Identifier", [10] = "Keepalive Timeout",
}
local codes = {
    [0] = "unknown Shim6 message type", [1] = "critical option not recognized",
    [2] = "locator verification method failed", [3] = "Locator List Generation number out of sync",
    [4] = "wrong number of locators in Locator Preferences",
}
local methods = { [1] = "HBA", [2] = "CGA" }
local states = { [0] = "Operational", [1] = "Exploring", [2] = "InboundOk" }
local PROTO, HEADER_MIN, REPORT = 140, 8, 40

-- --- fields -----------------------------------------------------------------------------------------------------

local f = {
    nxt = ProtoField.uint8("s6.nxt", "Next Header", base.DEC),
    hdrlen = ProtoField.uint8("s6.len", "Hdr Ext Len", base.DEC),
    p = ProtoField.uint8("s6.p", "P (payload)", base.DEC, nil, 0x80),
    type = ProtoField.uint8("s6.type", "Type", base.DEC, types, 0x7f),
    reserved1 = ProtoField.uint8("s6.reserved1", "Reserved1", base.HEX, nil, 0xfe),
    s = ProtoField.uint8("s6.s", "S (HIP)", base.DEC, nil, 0x01),
    checksum = ProtoField.uint16("s6.checksum", "Checksum", base.HEX),
    good = ProtoField.bool("s6.checksum.good", "Checksum is right"),
    r = ProtoField.uint8("s6.r", "R", base.DEC, nil, 0x80),
    tag = ProtoField.uint64("s6.tag", "Context Tag", base.HEX),
    packet_tag = ProtoField.uint64("s6.packet_tag", "Packet Context Tag", base.HEX),
    nonce = ProtoField.uint32("s6.nonce", "Nonce", base.HEX),
    resp_nonce = ProtoField.uint32("s6.resp_nonce", "Responder Nonce", base.HEX),
    reserved2 = ProtoField.bytes("s6.reserved2", "Reserved2"),
    precvd = ProtoField.uint8("s6.precvd", "Precvd", base.DEC, nil, 0xf0),
    psent = ProtoField.uint8("s6.psent", "Psent", base.DEC, nil, 0x0f),
    sta = ProtoField.uint8("s6.sta", "Sta", base.DEC, states, 0xc0),
    report_src = ProtoField.ipv6("s6.report.src", "Source"),
    report_dst = ProtoField.ipv6("s6.report.dst", "Destination"),
    report_nonce = ProtoField.uint32("s6.report.nonce", "Nonce", base.HEX),
    report_data = ProtoField.uint32("s6.report.data", "Data", base.HEX),
    code = ProtoField.uint8("s6.code", "Error Code", base.DEC, codes, 0xfe),
    pointer = ProtoField.uint16("s6.pointer", "Pointer", base.DEC),
    quote = ProtoField.bytes("s6.quote", "Packet in error"),
    quote_src = ProtoField.ipv6("s6.quote.src", "Source"),
    quote_dst = ProtoField.ipv6("s6.quote.dst", "Destination"),
    quote_nxt = ProtoField.uint8("s6.quote.nxt", "Next Header", base.DEC),
    opt = ProtoField.none("s6.opt", "Option"),
    opt_type = ProtoField.uint16("s6.opt.type", "Type", base.DEC, options, 0xfffe),
    opt_c = ProtoField.uint16("s6.opt.c", "C (critical)", base.DEC, nil, 0x0001),
    opt_len = ProtoField.uint16("s6.opt.len", "Length", base.DEC),
    opt_padding = ProtoField.bytes("s6.opt.padding", "Padding"),
    opt_content = ProtoField.bytes("s6.opt.content", "Content"),
    validator = ProtoField.bytes("s6.validator", "Validator"),
    generation = ProtoField.uint32("s6.generation", "Locator List Generation", base.DEC),
    num = ProtoField.uint8("s6.locators", "Num Locators", base.DEC),
    method = ProtoField.uint8("s6.locator.method", "Verification method", base.DEC, methods),
    locator = ProtoField.ipv6("s6.locator", "Locator"),
    element_len = ProtoField.uint8("s6.prefs.element_len", "Element Len", base.DEC),
    element = ProtoField.bytes("s6.prefs.element", "Element"),
    flags = ProtoField.uint8("s6.prefs.flags", "Flags", base.HEX),
    broken = ProtoField.bool("s6.prefs.broken", "BROKEN", 8, nil, 0x01),
    transient = ProtoField.bool("s6.prefs.transient", "TRANSIENT", 8, nil, 0x02),
    priority = ProtoField.uint8("s6.prefs.priority", "Priority", base.DEC),
    weight = ProtoField.uint8("s6.prefs.weight", "Weight", base.DEC),
    pds = ProtoField.bytes("s6.pds", "CGA Parameter Data Structure"),
    signature = ProtoField.bytes("s6.signature", "CGA Signature"),
    sender = ProtoField.ipv6("s6.ulid.sender", "Sender ULID"),
    receiver = ProtoField.ipv6("s6.ulid.receiver", "Receiver ULID"),
    fii = ProtoField.uint32("s6.fii", "Forked Instance Identifier", base.HEX),
    ka_timeout = ProtoField.uint16("s6.ka_timeout", "Keepalive Timeout (s)", base.DEC),
    trailing = ProtoField.bytes("s6.trailing", "Data behind the header (ignored)"),
}
for _, field in pairs(f) do
    table.insert(s6.fields, field)
end

local e = {
    truncated = ProtoExpert.new("s6.expert.truncated", "The header runs past the end of the packet",
                                expert.group.MALFORMED, expert.severity.ERROR),
    checksum = ProtoExpert.new("s6.expert.checksum", "Wrong checksum", expert.group.CHECKSUM,
                               expert.severity.ERROR),
    hip = ProtoExpert.new("s6.expert.hip", "S = 1: a HIP message", expert.group.PROTOCOL, expert.severity.WARN),
    type = ProtoExpert.new("s6.expert.type", "Unknown message type", expert.group.UNDECODED,
                           expert.severity.WARN),
    short = ProtoExpert.new("s6.expert.short", "Shorter than the fixed part of its type",
                            expert.group.MALFORMED, expert.severity.ERROR),
    option = ProtoExpert.new("s6.expert.option", "The option's length contradicts its content or the header",
                             expert.group.MALFORMED, expert.severity.ERROR),
    unknown = ProtoExpert.new("s6.expert.unknown", "Unknown option", expert.group.UNDECODED,
                              expert.severity.NOTE),
    critical = ProtoExpert.new("s6.expert.critical", "Unknown option that must be understood",
                               expert.group.UNDECODED, expert.severity.WARN),
    inner = ProtoExpert.new("s6.expert.inner", "What the header carries is malformed", expert.group.MALFORMED,
                            expert.severity.ERROR),
    probe = ProtoExpert.new("s6.expert.probe", "Illegal state or counts of a Probe", expert.group.MALFORMED,
                            expert.severity.ERROR),
}
for _, field in pairs(e) do
    table.insert(s6.experts, field)
end

-- --- helpers ----------------------------------------------------------------------------------------------------

-- The low 47 bits of the six octets at @at.
local function tag_of(tvb, at)
    return tvb(at, 6):uint64():band(UInt64.new(0xffffffff, 0x7fff))
end

local function hex(v, digits)
    return "0x" .. string.rep("0", digits - #v) .. v
end

local function tag_text(tvb, at)
    return hex(tag_of(tvb, at):tohex(12), 12)
end

local function add_tag(tree, tvb, at, field, with_r)
    if with_r then
        tree:add(f.r, tvb(at, 1))
    end
    return tree:add(field, tvb(at, 6), tag_of(tvb, at)):set_text(
        (field == f.tag and "Context Tag: " or "Packet Context Tag: ") .. tag_text(tvb, at))
end

local function sum_of(tvb, len)
    local sum = 0
    for at = 0, len - 2, 2 do
        sum = sum + tvb(at, 2):uint()
    end
    while sum > 0xffff do
        sum = sum % 0x10000 + math.floor(sum / 0x10000)
    end
    return sum
end

-- --- options, RFC 5533, 5.15; RFC 5534, 5.3 ---------------------------------------------------------------------
-- Each takes the subtree and the content without padding; false: its length contradicts it.

local content = {}

content[1] = function(tree, tvb)
    if tvb:len() > 0 then
        tree:add(f.validator, tvb())
    end
    return true
end

content[2] = function(tree, tvb)
    if tvb:len() < 5 then
        return false
    end
    local n = tvb(4, 1):uint()
    local first = 4 + math.ceil((1 + n) / 8) * 8
    tree:add(f.generation, tvb(0, 4))
    tree:add(f.num, tvb(4, 1))
    if tvb:len() ~= first + 16 * n then
        return false
    end
    for i = 0, n - 1 do
        local item = tree:add(f.locator, tvb(first + 16 * i, 16))
        item:add(f.method, tvb(5 + i, 1))
    end
    return true
end

content[3] = function(tree, tvb)
    if tvb:len() < 5 then
        return false
    end
    local len = tvb(4, 1):uint()
    tree:add(f.generation, tvb(0, 4))
    tree:add(f.element_len, tvb(4, 1))
    if len == 0 or (tvb:len() - 5) % len ~= 0 then
        return false
    end
    for at = 5, tvb:len() - 1, len do
        local item = tree:add(f.element, tvb(at, len))
        item:add(f.flags, tvb(at, 1))
        item:add(f.broken, tvb(at, 1))
        item:add(f.transient, tvb(at, 1))
        if len > 1 then
            item:add(f.priority, tvb(at + 1, 1))
        end
        if len > 2 then
            item:add(f.weight, tvb(at + 2, 1))
        end
    end
    return true
end

content[4] = function(tree, tvb)
    if tvb:len() > 0 then
        tree:add(f.pds, tvb())
    end
    return true
end

content[5] = function(tree, tvb)
    if tvb:len() > 0 then
        tree:add(f.signature, tvb())
    end
    return true
end

content[6] = function(tree, tvb)
    if tvb:len() ~= 36 then
        return false
    end
    tree:add(f.reserved2, tvb(0, 4))
    tree:add(f.sender, tvb(4, 16))
    tree:add(f.receiver, tvb(20, 16))
    return true
end

content[7] = function(tree, tvb)
    if tvb:len() ~= 4 then
        return false
    end
    tree:add(f.fii, tvb(0, 4))
    return true
end

content[10] = function(tree, tvb)
    if tvb:len() ~= 4 then
        return false
    end
    tree:add(f.reserved2, tvb(0, 2))
    tree:add(f.ka_timeout, tvb(2, 2))
    return true
end

-- The options in @tvb from @at to its end.
local function dissect_options(tvb, at, tree)
    while at < tvb:len() do
        if tvb:len() - at < 4 then
            tree:add_proto_expert_info(e.option)
            return
        end
        local number = math.floor(tvb(at, 2):uint() / 2)
        local critical = tvb(at, 2):uint() % 2
        local len = tvb(at + 2, 2):uint()
        local total = 11 + len - (len + 3) % 8
        local fits = at + total <= tvb:len()
        local sub = tree:add(f.opt, tvb(at, fits and total or tvb:len() - at))
        sub:set_text("Option: " .. (options[number] or ("unknown (" .. number .. ")")))
        sub:add(f.opt_type, tvb(at, 2))
        sub:add(f.opt_c, tvb(at, 2))
        sub:add(f.opt_len, tvb(at + 2, 2))
        if not fits then
            sub:add_proto_expert_info(e.option)
            return
        end
        if content[number] then
            local inner = len > 0 and tvb(at + 4, len):tvb() or nil
            local ok
            if inner then
                ok = content[number](sub, inner)
            else
                ok = number == 1 or number == 4 or number == 5
            end
            if not ok then
                sub:add_proto_expert_info(e.option)
            end
        else
            if len > 0 then
                sub:add(f.opt_content, tvb(at + 4, len))
            end
            sub:add_proto_expert_info(critical == 1 and e.critical or e.unknown)
        end
        if total > 4 + len then
            sub:add(f.opt_padding, tvb(at + 4 + len, total - 4 - len))
        end
        at = at + total
    end
end

-- --- messages ---------------------------------------------------------------------------------------------------
-- Each takes the header, its tree and the text for the Info column; it returns where the options begin, and that text.

local message = {}

local function tag_and_nonce(tvb, tree, info)
    add_tag(tree, tvb, 6, f.tag, true)
    tree:add(f.nonce, tvb(12, 4))
    return 16, info .. " tag " .. tag_text(tvb, 6)
end

message[1] = { 16, tag_and_nonce }	-- I1
message[4] = { 16, tag_and_nonce }	-- R2
message[64] = { 16, tag_and_nonce }	-- Update Request
message[65] = { 16, tag_and_nonce }	-- Update Acknowledgement

message[2] = { 16, function(tvb, tree, info)	-- R1
    tree:add(f.reserved2, tvb(6, 2))
    tree:add(f.nonce, tvb(8, 4))
    tree:add(f.resp_nonce, tvb(12, 4))
    return 16, info
end }

message[3] = { 24, function(tvb, tree, info)	-- I2
    add_tag(tree, tvb, 6, f.tag, true)
    tree:add(f.nonce, tvb(12, 4))
    tree:add(f.resp_nonce, tvb(16, 4))
    tree:add(f.reserved2, tvb(20, 4))
    return 24, info .. " tag " .. tag_text(tvb, 6)
end }

message[5] = { 16, function(tvb, tree, info)	-- R1bis
    add_tag(tree, tvb, 6, f.packet_tag, true)
    tree:add(f.resp_nonce, tvb(12, 4))
    return 16, info .. " packet tag " .. tag_text(tvb, 6)
end }

message[6] = { 32, function(tvb, tree, info)	-- I2bis
    add_tag(tree, tvb, 6, f.tag, true)
    tree:add(f.nonce, tvb(12, 4))
    tree:add(f.resp_nonce, tvb(16, 4))
    tree:add(f.reserved2, tvb(20, 6))	-- and one bit more
    add_tag(tree, tvb, 26, f.packet_tag, false)
    return 32, info .. " tag " .. tag_text(tvb, 6) .. " packet tag " .. tag_text(tvb, 26)
end }

message[66] = { 16, function(tvb, tree, info)	-- Keepalive
    add_tag(tree, tvb, 6, f.tag, true)
    tree:add(f.reserved2, tvb(12, 4))
    return 16, info .. " tag " .. tag_text(tvb, 6)
end }

message[67] = { 16, function(tvb, tree, info)	-- Probe
    local rcvd = math.floor(tvb(12, 1):uint() / 16)
    local sent = tvb(12, 1):uint() % 16
    local sta = math.floor(tvb(13, 1):uint() / 64)
    add_tag(tree, tvb, 6, f.tag, true)
    tree:add(f.precvd, tvb(12, 1))
    tree:add(f.psent, tvb(12, 1))
    tree:add(f.sta, tvb(13, 1))
    tree:add(f.reserved2, tvb(14, 2))	-- and six bits before
    info = string.format("%s tag %s %s sent %d received %d", info, tag_text(tvb, 6), states[sta] or "illegal state",
                         sent, rcvd)
    if sta > 2 or sent == 0 or tvb:len() < 16 + REPORT * (sent + rcvd) then
        tree:add_proto_expert_info(e.probe)
        return tvb:len(), info
    end
    for i = 0, sent + rcvd - 1 do
        local at = 16 + REPORT * i
        local sub = tree:add(s6, tvb(at, REPORT),
                             i < sent and "Probe sent " .. i + 1 or "Probe received " .. i - sent + 1)
        sub:add(f.report_src, tvb(at, 16))
        sub:add(f.report_dst, tvb(at + 16, 16))
        sub:add(f.report_nonce, tvb(at + 32, 4))
        sub:add(f.report_data, tvb(at + 36, 4))
    end
    return 16 + REPORT * (sent + rcvd), info
end }

message[68] = { 16, function(tvb, tree, info)	-- Error
    local code = math.floor(tvb(3, 1):uint() / 2)
    tree:add(f.pointer, tvb(6, 2))
    local quote = tree:add(f.quote, tvb(8))
    if tvb:len() >= 48 then
        quote:add(f.quote_nxt, tvb(14, 1))
        quote:add(f.quote_src, tvb(16, 16))
        quote:add(f.quote_dst, tvb(32, 16))
        if tvb(14, 1):uint() == PROTO and tvb:len() >= 51 and tvb(50, 1):uint() < 0x80 then
            quote:append_text(", Shim6 " .. (types[tvb(50, 1):uint()] or "of unknown type"))
        end
    end
    return tvb:len(), string.format("%s %d (%s) at %d", info, code, codes[code] or "unknown", tvb(6, 2):uint())
end }

local function dissect_control(tvb, pinfo, tree)
    local len = HEADER_MIN * (tvb(1, 1):uint() + 1)
    local number = tvb(2, 1):uint()
    local info = types[number] or ("unknown type " .. number)
    local whole = tvb

    tree:add(f.nxt, tvb(0, 1))
    local len_item = tree:add(f.hdrlen, tvb(1, 1))
    tree:add(f.p, tvb(2, 1))
    local type_item = tree:add(f.type, tvb(2, 1))
    tree:add(number == 68 and f.code or f.reserved1, tvb(3, 1))
    local s_item = tree:add(f.s, tvb(3, 1))
    local sum_item = tree:add(f.checksum, tvb(4, 2))

    pinfo.cols.info = info
    tree:append_text(", " .. info)
    if len > tvb:len() then
        -- What the capture cut off is not the packet's fault.
        if tvb:reported_length_remaining() < len then
            len_item:add_proto_expert_info(e.truncated)
        end
        return
    end
    if tvb(3, 1):uint() % 2 == 1 then
        s_item:add_proto_expert_info(e.hip)
        return
    end
    tvb = whole(0, len):tvb()
    local good = sum_of(tvb, len) == 0xffff
    sum_item:add(f.good, tvb(4, 2), good):set_generated()
    if not good then
        sum_item:add_proto_expert_info(e.checksum)
    end

    if not message[number] then
        type_item:add_proto_expert_info(e.type)
    elseif len < message[number][1] then
        len_item:add_proto_expert_info(e.short)
    else
        local at
        at, info = message[number][2](tvb, tree, info)
        dissect_options(tvb, at, tree)
    end
    pinfo.cols.info = info .. (good and "" or " [wrong checksum]")
    if whole:len() > len then
        tree:add(f.trailing, whole(len))
    end
end

-- 5.2
local function dissect_payload(tvb, pinfo, tree, root)
    local nxt = tvb(0, 1):uint()
    local text = "Payload tag " .. tag_text(tvb, 2)

    tree:add(f.nxt, tvb(0, 1))
    local len_item = tree:add(f.hdrlen, tvb(1, 1))
    tree:add(f.p, tvb(2, 1))
    add_tag(tree, tvb, 2, f.tag, false)
    tree:append_text(", " .. text)
    pinfo.cols.info = text
    if tvb(1, 1):uint() ~= 0 then
        len_item:add_proto_expert_info(e.truncated, "Hdr Ext Len of a Payload Extension header is always 0")
        return
    end
    if tvb:len() > HEADER_MIN and nxt ~= PROTO then
        -- The upper layer's checksum is that of the ULIDs, which the packet does not tell.
        pinfo.cols.info:clear()
        local table = DissectorTable.get("ip.proto")
        if not pcall(table.try, table, nxt, tvb(HEADER_MIN):tvb(), pinfo, root) then
            tree:add_proto_expert_info(e.inner)
        end
        pinfo.cols.info:prepend(text .. ", ")
    end
end

function s6.dissector(tvb, pinfo, root)
    pinfo.cols.protocol = "Shim6"
    local tree = root:add(s6, tvb())
    if tvb:len() < HEADER_MIN then
        tree:add_proto_expert_info(e.truncated)
    elseif tvb(2, 1):uint() >= 0x80 then
        tree:set_len(HEADER_MIN)
        dissect_payload(tvb, pinfo, tree, root)
    else
        dissect_control(tvb, pinfo, tree)
    end
    return tvb:len()
end

DissectorTable.get("ip.proto"):set(PROTO, s6)
