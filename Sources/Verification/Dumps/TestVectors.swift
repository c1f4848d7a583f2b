import BoxMath
import Detection
import Dumps
import Interpreter
import Kernels
import ONNXGraph
import Tensors

/// Inputs for a plugin with the outputs they should give, for who writes or builds the plugin.
///
/// The inputs are made up: sigmoid values from 0 to 1 in every channel, both sides of the threshold,
/// ties between classes, every class, denormal and saturated numbers, NaN, at every place. Equal
/// arguments give equal bits.
public struct TestVectors: Sendable {
  public struct Options: Sendable {
    /// For graphs with dynamic height and width; 640x640 when left out.
    public var inputSize: InputSize?
    /// Images of each case, for graphs with a dynamic batch.
    public var batch: Int?
    /// Sets of made-up maps; each comes once with NaN among its numbers and once without.
    public var caseCount = 1
    public var seed: UInt64 = 0
    public var threads: Int?

    public init() {}
  }

  /// Heads and what the plugin makes of them.
  struct Case: Sendable {
    let name: String
    let description: String
    let inputs: TensorArchive
    let outputs: TensorArchive
    /// For each image, how many rows it has.
    let rowCounts: [Int]
  }

  let model: LoadedModel
  let options: Options
  let ending: Ending
  /// The plugin alone, declared for the cases' shapes.
  let plugin: Model
  let cases: [Case]

  /// - Parameters:
  ///   - path: a graph that ends in `YoloLayer_TRT`.
  ///   - options: how many cases, their seed and shapes, and threads.
  /// - Throws: ``UsageError`` when an option does not go with the model, else one line that says what
  ///   cannot be read or run.
  public init(model path: String, options: Options = Options()) throws {
    model = try LoadedModel(contentsOfFile: path)
    self.options = options
    let tail = try PluginTail(model)
    let shapes = try model.headShapes(tail.inputs, options)
    let team = ThreadTeam(threadCount: options.threads ?? ThreadTeam.availableThreads)

    let zeros = Dictionary(uniqueKeysWithValues: zip(tail.inputs, shapes)).mapValues {
      Tensor.zeros(.float32, shape: $0)
    }
    let empty = try tail.run(zeros, on: team)
    ending = empty.ending
    plugin = tail.part.model.declaring(inputs: zeros, outputs: empty.outputs)
    guard let layer = ending.yoloLayer, let layout = ending.geometry?.layout else {
      throw Refusal("\(path): \((ending.differences + ending.notes).joined(separator: "; "))")
    }
    let made = StressCases(
      layout: layout, classCount: layer.parameters.classCount,
      thresholds: [layer.parameters.scoreThreshold], seed: options.seed)
    var cases = [try Case("zeros", "all numbers are 0", tail, empty, layer)]
    for index in 0..<options.caseCount {
      let batch = shapes[0][0]
      let maps = made.sigmoids(passes: index * batch..<(index + 1) * batch, on: team)
      let names = layer.maps.finestFirst.map(\.name)
      let stress = Dictionary(uniqueKeysWithValues: zip(names, maps))
      cases.append(
        try Case(
          "stress-\(index)", "made-up numbers, NaN among them", tail,
          tail.run(stress, on: team), layer))
      cases.append(
        try Case(
          "finite-\(index)", "the numbers of stress-\(index), 0.5 for NaN", tail,
          tail.run(stress.mapValues { $0.replacingNaN(by: 0.5) }, on: team), layer))
    }
    self.cases = cases
  }
}

extension TestVectors.Case {
  fileprivate init(
    _ name: String, _ description: String, _ tail: PluginTail, _ run: PluginRun,
    _ layer: YoloLayerTail
  ) throws {
    self.name = name
    self.description = description
    inputs = TensorArchive(
      tail.inputs.map { TensorArchive.Entry(name: $0, tensor: run.heads[$0]!) })
    outputs = TensorArchive(run.outputs)
    rowCounts = try run.tensors[layer.outputs[0]]!.asFloat32().elements(of: Float.self).map {
      Int($0)
    }
  }
}

extension LoadedModel {
  /// The shapes of the plugin's inputs when the graph is fed an image of the options' size.
  fileprivate func headShapes(
    _ names: [String], _ options: TestVectors.Options
  ) throws -> [Shape] {
    let input = try naming { () throws(DetectionError) in
      try ImageInput(model.graph)
    }
    let sizing = try InputSizing(Pair(both: self), Pair(both: input), options.inputSize)
    try sizing.check(options.inputSize)
    if let batch = options.batch, let fixed = input.batch, batch != fixed {
      throw UsageError("--batch is \(batch), but \(path) takes \(fixed) images")
    }
    let (height, width) = sizing.size ?? (InputSizing.defaultSide, InputSizing.defaultSide)
    let batch = options.batch ?? input.batch ?? 1
    let shape = try Shape(
      validating: input.dimensions(batch: batch, height: height, width: width))
    let resolved = try naming { () throws(InterpreterError) in
      try ResolvedGraph(model, inputs: [input.name: .init(input.elementType, shape)])
    }
    return try names.map { name in
      guard let shape = resolved.description(of: name)?.shape else {
        throw Refusal("\(path): the shape of the plugin's input '\(shown: name)' is not known")
      }
      return shape
    }
  }
}

extension Model {
  /// The model with its inputs and outputs declared as these tensors are.
  fileprivate func declaring(
    inputs: [String: Tensor], outputs: [TensorArchive.Entry]
  ) -> Model {
    var declared = self
    declared.graph.inputs = graph.inputs.map { ValueInfo(name: $0.name, inputs[$0.name]!) }
    declared.graph.outputs = outputs.map { ValueInfo(name: $0.name, $0.tensor) }
    return declared
  }
}

extension Tensor {
  fileprivate func replacingNaN(by value: Float) -> Tensor {
    Tensor(elements(of: Float.self).map { $0.isNaN ? value : $0 }, shape: shape)
  }
}
