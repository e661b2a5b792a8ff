# encoding: utf-8
# frozen_string_literal: true

require 'securerandom'

# The filters of the examples' pipelines, as far as the examples use them. What they do not use yet raises.
module Filters
  module_function

  # filters: as events.ts tells them
  def run(filters, event)
    filters.each do |filter|
      next unless filter.fetch('conditions').all? { |condition| holds?(condition, event) }
      send(filter.fetch('name'), event, filter.fetch('options'))
    end
    event
  end

  def holds?(condition, event)
    case condition
    when /\A!\((.*)\)\z/m then !holds?(Regexp.last_match(1), event)
    when /\A!(\[\S+\])\z/ then !event.get(Regexp.last_match(1))
    when /\A(\[\S+\]) == "([^"]*)"\z/ then event.get(Regexp.last_match(1)) == Regexp.last_match(2)
    else raise ArgumentError, "the condition #{condition}"
    end
  end

  def uuid(event, options)
    event.set(options.fetch('target'), SecureRandom.uuid)
  end

  # The code is run as a method of the filter.
  def ruby(event, options)
    Object.new.instance_eval("define_singleton_method(:filter) { |event| #{options.fetch('code')} }; self").filter(event)
  end

  # What a filter adds goes in before what it removes goes out.
  def mutate(event, options)
    stranger = (options.keys - %w[add_field add_tag remove_field]).first
    raise ArgumentError, "mutate #{stranger}" if stranger
    options.fetch('add_field', {}).each { |name, value| event.set(name, value) }
    options.fetch('add_tag', []).each { |tag| event.tag(tag) }
    options.fetch('remove_field', []).each { |name| event.remove(name) }
  end
end
