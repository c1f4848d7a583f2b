import ArgumentParser
import ONNXGraph
import Surgery
import Verification

struct PatchCommand: LimitedCommand {
  static let configuration = CommandConfiguration(
    commandName: "patch",
    abstract: "Replaces the decode of an exported detector by a TensorRT plugin.",
    discussion: """
      EXAMPLE

        verify-patch patch original.onnx -o out.onnx --plugin yololayer

      Strides, anchors and class count are recovered from the graph: no number has to be typed. \
      Thresholds that are left out have NVIDIA's own values. With --verify the patched graph is \
      compared with the original first, and written only when they are equivalent.

      Exit status: 0 written, 1 the graphs are different, 2 the graph cannot be patched, 64 wrong \
      usage. Nothing is written but on 0.
      """)

  @Argument(help: "The model as it was exported.") var original: String
  @Option(name: .shortAndLong, help: "The file to write.") var output: String
  @Option(
    help: ArgumentHelp("yololayer, batchednms, efficientnms or heads (sigmoid maps only)."))
  var plugin: PatchTarget
  @OptionGroup var decode: DecodeArguments
  @OptionGroup var plugins: PluginArguments
  @Option(
    name: .customLong("verify"),
    help: ArgumentHelp("An image to compare the two graphs on.", valueName: "image"))
  var images: [String] = []
  @OptionGroup var preparation: ImageArguments
  @OptionGroup var limits: LimitArguments

  func validate() throws {
    try plugins.check(for: plugin)
  }

  func run() throws {
    var options = PatchOptions(plugin)
    decode.apply(to: &options)
    plugins.apply(to: &options)
    try Console.reportingErrors {
      let model = try Model(contentsOfFile: original)
      let patch: Patch
      do {
        patch = try Patch(model, options)
      } catch {
        throw NamedError("\(original): \(error)")
      }
      for note in patch.notes { Console.note(note) }
      try verify(model, patch.model)
      try patch.model.write(toFile: output)
    }
  }

  private func verify(_ original: Model, _ patched: Model) throws {
    guard !images.isEmpty else { return }
    var options = ComparisonOptions()
    options.preprocessing = preparation.preprocessing
    options.inputSize = preparation.size
    let report: Report
    do {
      report = try compareModels(
        Pair(
          original: LoadedModel(path: self.original, model: original),
          patched: LoadedModel(path: output, model: patched)),
        images: images.map(ImageSource.file), options: options)
    } catch {
      throw ValidationError(error.description)
    }
    for failure in report.failures { Console.error(failure) }
    try Console.report(report.text, json: nil, report)
    guard report.verdict == .equivalent else {
      Console.error("\(output) is not written")
      throw ExitCode(report.verdict.exitStatus)
    }
  }
}

extension PatchTarget: ExpressibleByArgument {}

/// What the graph does not say where it has no decode.
struct DecodeArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Widths and heights of all anchors, finest scale first, where the graph has no decode.",
      valueName: "10,13,16,30,…"))
  var anchors: NumberList?
  @Option(
    help: ArgumentHelp(
      "Pixels per cell, finest scale first, where the graph has no decode.", valueName: "8,16,32"))
  var strides: NumberList?
  @Option(help: "The number of classes, where the graph has no decode.") var classes: Int?

  func validate() throws {
    if let anchors, anchors.values.count % 2 == 1 || anchors.values.contains(where: { !($0 > 0) }) {
      throw ValidationError("--anchors has to be pairs of positive widths and heights")
    }
    if let strides, strides.values.contains(where: { Int(exactly: $0).map { $0 < 1 } ?? true }) {
      throw ValidationError("--strides has to be whole numbers from 1")
    }
    if let classes, !(1...65536).contains(classes) {
      throw ValidationError("--classes is \(classes), expected 1 to 65536")
    }
  }

  func apply(to options: inout PatchOptions) {
    options.anchors = anchors?.values
    options.strides = strides?.values.map { Int($0) }
    options.classes = classes
  }
}

/// Attributes of the plugin.
struct PluginArguments: ParsableArguments {
  @Option(help: "The plugin's score threshold (0.25; 0.001 for batchednms).")
  var scoreThreshold: Float?
  @Option(help: "The NMS plugin's overlap threshold (0.65 batchednms, 0.5 efficientnms).")
  var iouThreshold: Float?
  @Option(help: "Detections the NMS plugin keeps at most (300 batchednms, 100 efficientnms).")
  var keepTopK: Int?
  @Option(help: "Boxes that enter batchednms's suppression at most (600).") var topK: Int?

  func validate() throws {
    for (name, value) in [("score", scoreThreshold), ("iou", iouThreshold)] {
      if let value, !(0...1 ~= value) {
        throw ValidationError("--\(name)-threshold is \(value), expected a number from 0 to 1")
      }
    }
    for (name, value) in [("keep-top-k", keepTopK), ("top-k", topK)] {
      if let value, !(1...4096).contains(value) {
        throw ValidationError("--\(name) is \(value), expected 1 to 4096")
      }
    }
  }

  func check(for target: PatchTarget) throws {
    let given = [
      ("score-threshold", scoreThreshold != nil, target != .heads),
      ("iou-threshold", iouThreshold != nil, target == .batchednms || target == .efficientnms),
      ("keep-top-k", keepTopK != nil, target == .batchednms || target == .efficientnms),
      ("top-k", topK != nil, target == .batchednms),
    ]
    for (name, isGiven, isKnown) in given where isGiven && !isKnown {
      throw ValidationError("--\(name) is nothing --plugin \(target.rawValue) has")
    }
  }

  func apply(to options: inout PatchOptions) {
    options.scoreThreshold = scoreThreshold
    options.iouThreshold = iouThreshold
    options.keepTopK = keepTopK
    options.topK = topK
  }
}

/// Numbers with commas or blanks between them.
struct NumberList: ExpressibleByArgument {
  let values: [Float]

  init?(argument: String) {
    let parts = argument.split { ", ;".contains($0) }
    let values = parts.compactMap { Float($0) }
    guard values.count == parts.count, !values.isEmpty, values.allSatisfy(\.isFinite) else {
      return nil
    }
    self.values = values
  }
}
