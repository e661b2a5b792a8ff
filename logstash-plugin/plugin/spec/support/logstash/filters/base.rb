# encoding: utf-8
# frozen_string_literal: true

require 'logstash/namespace'

class LogStash::Filters::Base < LogStash::Plugin
  config :add_tag, :validate => :array, :default => []

  # What a filter adds to what it matched.
  def filter_matched(event)
    add_tag.each { |tag| event.tag(tag) }
  end

  # As a pipeline's worker does it: what was not cancelled goes on, and what was yielded.
  def run(event)
    more = []
    filter(event) { |opened| more << opened }
    (event.cancelled? ? [] : [event]) + more
  end
end
