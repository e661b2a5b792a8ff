# encoding: utf-8
# frozen_string_literal: true

require 'nano_decrypt/schedule'
require 'nano_decrypt/rate'
require 'nano_decrypt/session'
require 'nano_decrypt/state'

module NanoDecrypt
  # What a receiver knows of one kid. It outlives its row in the registry: a kid that comes back finds its floor and windows.
  class Kid
    SESSIONS = 4
    UNKNOWN = -Float::INFINITY

    attr_reader :kid, :name, :hosts, :suite, :status, :not_before_ms, :not_after_ms, :slots
    # Unix seconds; the t0 of a new session must exceed it.
    attr_accessor :floor
    attr_accessor :received, :lost, :late, :duplicated, :replayed, :last_seen_ms
    # The clock's lead: saved for sure, in the file under way, refused since the newest session began.
    attr_accessor :saved_lead, :exported_lead, :wanted_lead, :start_floor_ms
    attr_reader :rate

    def initialize(kid, start_floor_ms, limits)
      @kid = kid
      @name = ''
      @status = :absent
      @source = nil
      @slots = Array.new(SESSIONS)
      @floor = 0
      @received = @lost = @late = @duplicated = @replayed = @last_seen_ms = 0
      @saved_lead = @exported_lead = @wanted_lead = UNKNOWN
      @start_floor_ms = start_floor_ms
      @rate = Rate.new(limits.packets_per_s, limits.bytes_per_s)
    end

    def absent!
      @status = :absent
    end

    # Takes a row of the registry over. Returns true when the kid had another key before.
    def describe(row, master, receiver)
      @status = row.revoked ? :revoked : :valid
      @not_before_ms = (row.not_before || 0) * 1000
      @not_after_ms = row.not_after ? row.not_after * 1000 : Float::INFINITY
      @name = row.name
      @hosts = row.hosts
      @receiver = receiver
      source = source_of(row, master)
      suite = row.suite == 'sealed' ? SUITE_SEALED : SUITE_PSK
      return false if @source == source && @suite == suite
      had_key = !(@source.nil? || @source.first == :none)
      @source = source
      @suite = suite
      @root = nil
      had_key
    end

    # K_probe (psk) or K_ss (sealed), derived once; nil when the row has no key or a public key of low order.
    def root_key
      @root ||= [derive_root]
      @root.first
    end

    def find(t0, sid)
      @slots.find { |session| session && session.t0 == t0 && session.sid == sid }
    end

    # Where a new session goes: an empty slot, else that of the oldest, which then must end.
    def place
      @slots.index(nil) || @slots.each_index.min_by { |index| [@slots[index].t0, index] }
    end

    # What t0 of a new session must exceed.
    def floor_for_new
      oldest = @slots[place]
      oldest ? [@floor, oldest.t0].max : @floor
    end

    # Ends all sessions; their newest t0 becomes the floor.
    def forget
      @floor = [@floor, *@slots.compact.map(&:t0)].max
      @slots.fill(nil)
    end

    def max_ahead_ms
      @slots.compact.map(&:ahead_ms).max || UNKNOWN
    end

    # Returns what must survive a restart, a State::Record for each live session.
    def export
      lead_ms = [max_ahead_ms, wanted_lead].max
      self.exported_lead = lead_ms if lead_ms != UNKNOWN
      live = slots.compact
      return live.map { |session| State::Record.new(kid, floor, session.t0, session.sid, session.next_seq, exported_lead) } if live.any?
      known = floor > 0 || exported_lead != UNKNOWN
      known ? [State::Record.new(kid, floor, 0, 0, 0, exported_lead)] : []
    end

    private

    def source_of(row, master)
      return row.key ? [:public, row.key, @receiver&.public_key] : [:none] if row.suite == 'sealed'
      return [:own, row.key] if row.key
      master ? [:master, master] : [:none]
    end

    def derive_root
      kind, key = @source
      case kind
      when :own then key
      when :master then Schedule.probe_key(key, @kid)
      when :public then @receiver && Schedule.static_key(@receiver, key, @kid)
      end
    end
  end
end
