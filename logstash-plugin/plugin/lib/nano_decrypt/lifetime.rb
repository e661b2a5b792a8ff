# encoding: utf-8
# frozen_string_literal: true

module NanoDecrypt
  # How long a plugin is in use. Inputs do not close their codec, and a pipeline that cannot be built or started closes nothing:
  # the plugin itself must see that its pipeline is gone.
  #
  # Logstash's agent builds a pipeline, its codecs with it, in a thread made for that. The same thread starts it, and goes when it
  # runs or has failed. Before a reload another one is built beside the one that runs, and forgotten: it only shows whether the
  # new configuration can be. Source: logstash-core, agent.rb, pipeline_action/*.rb, java_pipeline.rb, AbstractPipelineExt.java
  class Lifetime
    # Made while the plugin registers. pipeline: Logstash's own, or nil outside of any
    def initialize(pipeline)
      @pipeline = pipeline
      @builder = Thread.current
    end

    def same?(other)
      !@pipeline.nil? && @pipeline.equal?(other.pipeline)
    end

    # Of a pipeline that is never to run.
    def trial?
      !@pipeline.nil? && !@pipeline.respond_to?(:finished_execution?)
    end

    # A pipeline that was never started has no thread, and cannot say yet whether it has ended.
    def over?
      return false if @pipeline.nil?
      @pipeline.thread.nil? ? !@builder.alive? : @pipeline.finished_execution?
    end

    protected

    attr_reader :pipeline
  end
end
