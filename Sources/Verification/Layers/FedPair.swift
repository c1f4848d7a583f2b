import Detection
import Interpreter
import Kernels
import ONNXGraph
import Tensors

/// Two models with what they are fed.
struct FedPair {
  let models: Pair<LoadedModel>
  let joint: JointGraph
  /// The names of the graphs' inputs.
  let inputs: Pair<String>
  let tensors: Pair<Tensor>
  /// Whether both are fed one tensor.
  let sharesInput: Bool
  /// How float32 convolutions are computed.
  let convolution: ConvolutionMethod
  let team: ThreadTeam

  var fed: Pair<[String: ResolvedGraph.Description]> {
    inputs.with(tensors).map { name, tensor in [name: .init(tensor.elementType, tensor.shape)] }
  }
}

extension FedPair {
  /// Two models and an image as both take it.
  ///
  /// - Throws: ``UsageError`` when an option does not go with the models, or a refusal.
  init(_ models: Pair<LoadedModel>, _ image: ImageSource, _ options: ComparisonOptions) throws {
    let refusals = models.both.compactMap(\.refusal)
    guard refusals.isEmpty else { throw Refusal(lines: refusals) }
    let inputs = try models.map { (model) throws(Refusal) in
      try model.naming { () throws(DetectionError) in
        try ImageInput(model.model.graph)
      }
    }
    let sizing = try InputSizing(models, inputs, options.inputSize)
    try sizing.check(options.inputSize)
    let prepared = try image.prepared(for: inputs, sizing, options.preprocessings)
    self.init(
      models: models,
      joint: JointGraph(
        models.map(\.model),
        pairedInputs: inputs.takesTheSame && options.feedsTheSame ? [inputs.map(\.name)] : []),
      inputs: inputs.map(\.name), tensors: prepared.tensors,
      sharesInput: inputs.takesTheSame && options.feedsTheSame, convolution: options.convolution,
      team: ThreadTeam(threadCount: options.threads ?? ThreadTeam.availableThreads))
  }
}
