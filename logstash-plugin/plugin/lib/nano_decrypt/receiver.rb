# encoding: utf-8
# frozen_string_literal: true

require 'nano_decrypt/frame'
require 'nano_decrypt/kid'
require 'nano_decrypt/state'
require 'nano_decrypt/fragments'
require 'nano_decrypt/inflate'
require 'nano_decrypt/tally'

module NanoDecrypt
  # Opens datagrams in the twelve steps of docs/envelope.md. Never raises on bytes, and changes nothing before step 10.
  # Any number of threads may call it: the box is opened outside of the lock, and what stood before is judged again inside.
  class Receiver
    STRICT_SLACK_MS = 300_000
    STRICT_MARGIN_MS = 1_000
    MONOTONE_MARGIN_MS = 10_000
    UNKNOWN = -Float::INFINITY

    # type without the deflate bit; body inflated, a binary string
    Message = Struct.new(:type, :body, :kid, :name, :hosts, :t0, :sid, :seq, :sent_ms, :stale)
    Limits = Struct.new(:packets_per_s, :bytes_per_s, :stale_ms)

    # state: nil keeps none, '' is the very first start; given_up: counts messages whose fragments did not all come
    # Raises State::Damaged.
    def initialize(registry:, started_at_ms:, clock: 'strict', drop_stale: false, state: nil, limits: {}, given_up: Tally.new)
      @strict = clock == 'strict'
      @drop_stale = drop_stale
      @limits = Limits.new(limits[:packets_per_s] || 200_000, limits[:bytes_per_s] || (256 << 20), limits[:stale_ms] || 300_000)
      @stateful = !state.nil?
      @unsaved = @stateful
      saved_ms, records = state.nil? || state.empty? ? nil : State.parse(state)
      @restart = !saved_ms.nil?
      @started_at_ms = [started_at_ms, saved_ms || 0].max
      @lock = Mutex.new
      @receiver = nil
      @kids = {}
      @counters = Hash.new(0)
      @fragments = Fragments.new do |reason|
        @counters[reason] += 1
        given_up.add(reason)
      end
      load(registry)
      (records || []).each { |record| restore(record) }
    end

    # Returns a Message, :pending, or a Symbol that says why it is refused.
    def receive(bytes, now_ms)
      frame = Frame.new(bytes, now_ms)
      refusal = @lock.synchronize { count_and_check(frame) } || open(frame)
      @lock.synchronize do
        refusal ||= check_again(frame)
        refusal ? refuse(refusal) : finish(frame)
      end
    end

    def registry=(registry)
      @lock.synchronize { load(registry) }
    end

    # The state to write by write, fsync, rename, every 5 s and at the end.
    def export_state(now_ms)
      @lock.synchronize do
        saved_ms = [now_ms.floor, @started_at_ms].max
        State.format(saved_ms, @kids.values.flat_map(&:export))
      end
    end

    # Say so when the last export is safely on the disk.
    def state_saved
      @lock.synchronize do
        @unsaved = false
        @kids.each_value { |kid| kid.saved_lead = kid.exported_lead }
      end
    end

    # The counts since the last call, by name.
    def take_counters
      @lock.synchronize do
        taken = @counters
        @counters = Hash.new(0)
        taken
      end
    end

    def probe_stats
      @lock.synchronize do
        heard = @kids.values.select { |kid| kid.last_seen_ms > 0 }
        heard.map do |kid|
          { kid: kid.kid, name: kid.name, received: kid.received, lost: kid.lost, late: kid.late,
            duplicated: kid.duplicated, replayed: kid.replayed }
        end
      end
    end

    private

    def load(registry)
      @receiver = registry.secret && KeyPair.new(registry.secret)
      @kids.each_value(&:absent!)
      registry.rows.each do |row|
        kid = kid_for(row.kid)
        kid.forget if kid.describe(row, registry.master, @receiver)
      end
    end

    def kid_for(number)
      @kids[number] ||= Kid.new(number, floor_for(UNKNOWN), @limits)
    end

    def restore(record)
      kid = kid_for(record.kid)
      kid.floor = record.floor
      kid.saved_lead = kid.exported_lead = record.lead_ms
      kid.start_floor_ms = floor_for(record.lead_ms)
      return if record.next_seq.zero?
      session = Session.new(record.t0, record.sid)
      session.restore(record.next_seq)
      session.ahead_ms = record.lead_ms
      kid.slots[kid.place] = session
    end

    def bound(lead_ms)
      @strict ? [0, lead_ms].max + STRICT_MARGIN_MS : lead_ms + MONOTONE_MARGIN_MS
    end

    # The earliest send time that cannot have been accepted before the start.
    def floor_for(lead_ms)
      return @started_at_ms + bound(lead_ms) + 1 if @restart
      @strict ? @started_at_ms : UNKNOWN
    end

    def refuse(reason)
      @counters[reason] += 1
      reason
    end

    def count_and_check(frame)
      @counters[:datagrams] += 1
      return :unsaved if @unsaved
      check_header(frame) || check_session(frame) || find_key(frame)
    end

    # Steps 1 to 3.
    def check_header(frame)
      frame.read_header || check_kid(frame, @kids[frame.number])
    end

    def check_kid(frame, kid)
      return :unknown_key if kid.nil? || kid.status == :absent
      return :revoked if kid.status == :revoked
      return :not_yet_valid if frame.now_ms < kid.not_before_ms
      return :expired if frame.now_ms >= kid.not_after_ms
      return :wrong_suite if frame.suite != kid.suite
      frame.kid = kid
      nil
    end

    # Steps 4 and 5.
    def check_session(frame)
      kid = frame.kid
      frame.session = kid.find(frame.t0, frame.sid)
      refusal = frame.session ? nil : check_start(frame)
      return refusal if refusal
      return :sequence if frame.seq >= MAX_SEQ
      place = frame.session ? frame.session.look_up(frame.seq) : :fresh
      return nil if place == :fresh
      place == :duplicate ? kid.duplicated += 1 : kid.replayed += 1
      place
    end

    def check_start(frame)
      start_ms = frame.t0 * 1000
      return :session_future if @strict && start_ms > frame.now_ms + STRICT_SLACK_MS
      return :session_old if @strict && start_ms < frame.now_ms - SESSION_MS - STRICT_SLACK_MS
      return nil if frame.t0 > frame.kid.floor_for_new
      frame.kid.replayed += 1
      :floor
    end

    # Step 6.
    def find_key(frame)
      session = frame.session
      return derive_key(frame) if session.nil? || session.key.nil? || session.restored?
      return :mac1 if frame.sealed? && session.proof != frame.proof
      frame.key = session.key
      nil
    end

    def derive_key(frame)
      root = frame.kid.root_key
      return :low_order if root.nil?
      probe_key = frame.sealed? ? agree(frame, root) : root
      return probe_key if probe_key.is_a?(Symbol)
      frame.key = Schedule.session_key(probe_key, frame.prefix)
      nil
    end

    def agree(frame, static)
      return :mac1 unless Schedule.mac1_right?(static, frame.prefix, frame.ephemeral, frame.mac1)
      (@receiver && Schedule.ephemeral_key(static, @receiver, frame.prefix, frame.ephemeral)) || :low_order
    end

    # Steps 7 and 8, outside of the lock.
    def open(frame)
      plain = Crypto.open_box(frame.key, frame.header, frame.box)
      plain.nil? ? :auth : frame.read_plain(plain)
    end

    # Another thread may have accepted the same number, or a newer session, while the box was opened.
    def check_again(frame)
      check_kid(frame, frame.kid) || check_session(frame) || check_time(frame)
    end

    # Step 9.
    def check_time(frame)
      kid = frame.kid
      lead_ms = frame.sent_ms - frame.now_ms
      return :future if @strict && lead_ms > STRICT_SLACK_MS
      if frame.sent_ms < kid.start_floor_ms
        kid.replayed += 1
        return :before_start
      end
      return :clock_unsaved if @stateful && !lead_saved?(kid, lead_ms)
      frame.stale = stale?(kid, lead_ms)
      frame.stale && @drop_stale ? :stale : nil
    end

    # A crash can leave the old file or the new one: both bounds must hold.
    def lead_saved?(kid, lead_ms)
      return true if lead_ms <= bound([kid.saved_lead, kid.exported_lead].min)
      kid.wanted_lead = [kid.wanted_lead, lead_ms].max
      false
    end

    # strict: by our clock. monotone: by the clock that the kid has shown.
    def stale?(kid, lead_ms)
      return -lead_ms > @limits.stale_ms if @strict
      [lead_ms, kid.max_ahead_ms].max - lead_ms > @limits.stale_ms
    end

    # Steps 10 to 12.
    def finish(frame)
      accept(frame)
      refusal = frame.kid.rate.take(frame.bytes.bytesize, frame.now_ms)
      refusal ? refuse(refusal) : deliver(frame)
    end

    def accept(frame)
      kid = frame.kid
      session = frame.session ||= insert_session(frame)
      # What passed while nobody listened, or since the state was saved, is not known to be lost.
      gap = session.restored? ? 0 : frame.seq - session.next_seq
      session.use(frame.key, frame.proof) if session.key.nil? || session.restored?
      session.mark(frame.seq)
      session.ahead_ms = [session.ahead_ms, frame.sent_ms - frame.now_ms].max
      kid.received += 1
      kid.lost = [0, kid.lost + (gap < 0 ? -1 : gap)].max
      kid.late += 1 if gap < 0
      kid.last_seen_ms = frame.now_ms
    end

    def insert_session(frame)
      kid = frame.kid
      place = kid.place
      ended = kid.slots[place]
      kid.floor = [kid.floor, ended.t0].max if ended
      session = Session.new(frame.t0, frame.sid)
      kid.slots[place] = session
      kid.wanted_lead = UNKNOWN
      # A session that began before we did has numbers that were never lost to us.
      began_ms = frame.t0 * 1000 - (frame.sent_ms - frame.now_ms)
      session.next_seq = frame.seq if began_ms < @started_at_ms
      session
    end

    def deliver(frame)
      return deliver_message(frame, frame.type, frame.body, frame.seq) unless frame.type == TYPE_FRAGMENT
      whole = @fragments.add(frame.kid.kid, frame.t0, frame.sid, frame.seq, frame.body, frame.now_ms)
      return refuse(whole) if whole.is_a?(Symbol)
      return deliver_message(frame, whole.getbyte(0), whole.byteslice(1..-1), frame.seq - frame.body.getbyte(0)) if whole
      @counters[:pending] += 1
      :pending
    end

    def deliver_message(frame, type, body, seq)
      body = Inflate.stream(body, MAX_MESSAGE_BYTES) unless (type & DEFLATED).zero?
      return refuse(:inflate) if body.is_a?(Symbol)
      @counters[:stale_delivered] += 1 if frame.stale
      @counters[type == TYPE_HEARTBEAT ? :heartbeats : :opened] += 1
      kid = frame.kid
      Message.new(type & ~DEFLATED, body, kid.kid, kid.name, kid.hosts, frame.t0, frame.sid, seq, frame.sent_ms, frame.stale)
    end
  end
end
