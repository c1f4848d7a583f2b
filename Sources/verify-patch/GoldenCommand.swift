import ArgumentParser
import Verification

struct GoldenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "golden",
    abstract: "Records what a model detects, and holds other graphs against the record.",
    subcommands: [Record.self, Check.self, Update.self])

  struct Record: LimitedCommand {
    static let configuration = CommandConfiguration(
      commandName: "record",
      abstract: "Records what a model detects in images.",
      discussion: """
        EXAMPLE

          verify-patch golden record original.onnx scenes/*.jpg -o detector.golden.json

        The record names the model and the images by their paths from its own folder.
        """)

    @Argument(help: "The model as it was exported, or another that tells how it decodes.")
    var model: String
    @Argument(
      help: "JPEG or PNG images, or .npy tensors (NCHW float32) that are fed as they are.")
    var images: [String]
    @Option(
      name: .shortAndLong,
      help: ArgumentHelp("The record to write.", valueName: "file.golden.json"))
    var output: String
    @Flag(
      name: .customLong("embed-inputs"),
      help: "Store the prepared inputs beside the record, for machines without the images.")
    var embedsInputs = false
    @OptionGroup var detection: DetectionArguments
    @OptionGroup var preparation: ImageArguments
    @OptionGroup var tolerances: BoxToleranceArguments
    @OptionGroup var madeUp: StressArguments
    @Option(help: "Threads to use; all cores that are allowed by default.") var threads: Int?
    @OptionGroup var limits: LimitArguments

    func validate() throws {
      guard !images.isEmpty else { throw ValidationError("no image is given") }
      try validateThreads(threads)
    }

    func run() throws {
      var options = ComparisonOptions()
      detection.apply(to: &options)
      tolerances.apply(to: &options)
      madeUp.apply(to: &options)
      options.preprocessing = preparation.preprocessing
      options.inputSize = preparation.size
      options.threads = threads
      try Console.reportingErrors {
        let recording = try recordGolden(
          model: model, images: images, to: output, options: options, embedsInputs: embedsInputs)
        try recording.write(toFile: output)
        Console.lines(["\(output): \(recording.golden.summary)"])
        recording.notes.forEach(Console.note)
      }
    }
  }

  struct Check: LimitedCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Holds a model, or what an engine wrote, against a record.",
      discussion: """
        EXAMPLES

          verify-patch golden check detector.golden.json patched.onnx --junit out.xml
          verify-patch golden check detector.golden.json --outputs engine.npz

        What an engine wrote is all that the dump command reads: one dump of a batch with all \
        images in the record's order, or one for each image.

        Exit status: 0 equivalent, 1 different, 2 undecided: the model cannot be run, or an image, \
        the preprocessing or the format has changed.
        """)

    @Argument(help: "The record.") var record: String
    @Argument(help: "A model of any form.") var model: String?
    @Option(
      parsing: .upToNextOption,
      help: ArgumentHelp(
        "What an engine wrote, in a model's place: a dump, or one for each image.",
        valueName: "dump"))
    var outputs: [String] = []
    @Option(help: "What the engine computes in: fp32, tf32 or fp16.")
    var engine = EnginePrecision.fp32
    @OptionGroup var source: GoldenSourceArguments
    @OptionGroup var tolerances: BoxToleranceArguments
    @OptionGroup var report: ReportArguments
    @OptionGroup var limits: LimitArguments

    func validate() throws {
      guard (model != nil) != !outputs.isEmpty else {
        throw ValidationError("expected either a model or --outputs")
      }
    }

    func run() throws {
      var options = ComparisonOptions()
      tolerances.apply(to: &options)
      options.threads = source.threads
      options.hashesModels = report.json != nil
      if let model {
        try report.publish(
          checkGolden(record, model: model, images: source.images, options: options))
      }
      let found: Report
      do {
        found = try checkGolden(record, outputs: outputs, engine: engine, options: options)
      } catch {
        throw ValidationError(error.description)
      }
      try report.publish(found)
    }
  }

  struct Update: LimitedCommand {
    static let configuration = CommandConfiguration(
      commandName: "update",
      abstract: "Says what a record would become of another model, and writes it with --yes.",
      discussion: """
        EXAMPLE

          verify-patch golden update detector.golden.json retrained.onnx --yes

        Exit status: 0 nothing would change, or it is written; 1 something would change; 2 the \
        record cannot be made.
        """)

    @Argument(help: "The record.") var record: String
    @Argument(help: "The model to record.") var model: String
    @Flag(help: "Write the record.") var yes = false
    @OptionGroup var source: GoldenSourceArguments
    @OptionGroup var tolerances: BoxToleranceArguments
    @OptionGroup var limits: LimitArguments

    func run() throws {
      var options = ComparisonOptions()
      tolerances.apply(to: &options)
      options.threads = source.threads
      try Console.reportingErrors {
        let update = try updateGolden(
          record, model: model, images: source.images, options: options)
        Console.lines(update.changes)
        guard !update.changes.isEmpty else {
          Console.lines(["\(record): nothing would change"])
          return
        }
        guard yes else {
          Console.lines(["\(record): not written; --yes writes it"])
          throw ExitCode(Verdict.different.exitStatus)
        }
        try update.recording.write(toFile: record)
        Console.lines(["\(record): \(update.recording.golden.summary)"])
        update.recording.notes.forEach(Console.note)
      }
    }
  }
}

/// Where a record's images are.
struct GoldenSourceArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the images are, by their file names; the recorded places or the stored inputs "
        + "by default.", valueName: "dir"))
  var images: String?
  @Option(help: "Threads to use; all cores that are allowed by default.") var threads: Int?

  func validate() throws { try validateThreads(threads) }
}
