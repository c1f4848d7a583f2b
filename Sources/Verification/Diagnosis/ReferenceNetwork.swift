import Detection
import Interpreter
import Kernels
import ONNXGraph
import Operators
import Tensors

/// The reference's network with what it was fed, to see what it would have given otherwise.
struct ReferenceNetwork: Sendable {
  let model: LoadedModel
  let input: ImageInput
  /// What its decode starts from; `nil` when the graph has no heads that are known.
  let heads: ReferenceHeads?
  let classCount: Int
  /// What the network was fed.
  let tensor: Tensor
  /// The image's place in the batch.
  let image: Int
  let team: ThreadTeam
  let convolution: ConvolutionMethod
  /// The image as the network would be fed it stretched; `nil` where that is not to be had.
  let stretched: @Sendable () -> Tensor?

  init(
    model: LoadedModel, input: ImageInput, ending: Ending, tensor: Tensor, image: Int,
    team: ThreadTeam, convolution: ConvolutionMethod = .fastest,
    stretched: @escaping @Sendable () -> Tensor?
  ) {
    self.model = model
    self.input = input
    heads = ending.classCount == nil ? nil : ending.referenceHeads
    classCount = ending.classCount ?? 0
    self.tensor = tensor
    self.image = image
    self.team = team
    self.convolution = convolution
    self.stretched = stretched
  }

  /// The head maps, after a change if there is one.
  func heads(after change: NetworkChange? = nil) -> HeadValues? {
    guard let heads, let results = tensors(heads.names, after: change) else { return nil }
    return try? HeadValues(heads, classCount: classCount, in: results, image: image)
  }

  /// Tensors of the graph, after a change if there is one; `nil` where that cannot be run.
  func tensors(_ names: [String], after change: NetworkChange? = nil) -> [String: Tensor]? {
    var changed = model.model
    var fed: Tensor? = tensor
    switch change {
    case nil: break
    case .channelsReversed: fed = tensor.reversed(axis: input.layout == .channelsFirst ? 1 : 3)
    case .notScaled: fed = tensor.multiplied(by: 255)
    case .scaledTwice: fed = tensor.multiplied(by: 1 / 255)
    case .stretched: fed = stretched()
    case .resize(let rule):
      guard changed.resizeRules != [rule] else { return nil }
      changed.resize(by: rule)
    case .nodes(let change):
      for (index, node) in change.nodes { changed.graph.nodes[index] = node }
      changed.graph.initializers.merge(change.constants) { own, _ in own }
    }
    guard let fed, fed.shape == tensor.shape else { return nil }
    // A change that cannot be run explains nothing.
    guard
      let resolved = try? ResolvedGraph(
        changed, inputs: [input.name: .init(fed.elementType, fed.shape)], observing: names,
        convolution: convolution),
      let plan = try? Plan(resolved, observing: names)
    else { return nil }
    return try? plan.run([input.name: fed], on: team)
  }
}

extension ImageSource {
  /// The image as a graph is fed it stretched, where it is letterboxed otherwise; `nil` for a tensor.
  func stretched(
    for inputs: Pair<ImageInput>, _ sizing: InputSizing, _ preprocessing: Preprocessing
  ) -> Tensor? {
    var preprocessing = preprocessing
    guard preprocessing.resize != .stretch else { return nil }
    preprocessing.resize = .stretch
    let prepared = try? prepared(for: inputs, sizing, preprocessing)
    return prepared?.placement == nil ? nil : prepared?.tensors.original
  }
}

extension Tensor {
  /// Float32 elements, each times a number; `nil` for other types.
  fileprivate func multiplied(by factor: Float) -> Tensor? {
    guard elementType == .float32 else { return nil }
    return withElements(of: Float.self) { Tensor($0.map { $0 * factor }, shape: shape) }
  }

  /// Float32 elements in reverse order along an axis; `nil` for other types.
  fileprivate func reversed(axis: Int) -> Tensor? {
    guard elementType == .float32, shape.rank > axis else { return nil }
    let inner = shape.dropFirst(axis + 1).reduce(1, *)
    let count = shape[axis]
    return withElements(of: Float.self) { source in
      Tensor(Float.self, shape: shape) { target in
        for index in source.indices {
          let (outer, place) = (index / inner / count, index / inner % count)
          target[index] = source[(outer * count + count - 1 - place) * inner + index % inner]
        }
      }
    }
  }
}

extension Model {
  /// The rules by which the graph's Resize nodes work, each once.
  var resizeRules: Set<NetworkChange.ResizeRule> {
    Set(
      graph.nodes.filter { $0.applies(Resize.self) }.map { node in
        func text(_ name: String, _ absent: String) -> String {
          if case .string(let value) = node.attributes[name] { value } else { absent }
        }
        return NetworkChange.ResizeRule(
          mode: text("mode", "nearest"),
          coordinates: text("coordinate_transformation_mode", "half_pixel"),
          nearest: text("nearest_mode", "round_prefer_floor"))
      })
  }

  /// Makes all Resize nodes work by a rule.
  fileprivate mutating func resize(by rule: NetworkChange.ResizeRule) {
    for index in graph.nodes.indices where graph.nodes[index].applies(Resize.self) {
      graph.nodes[index].attributes["mode"] = .string(rule.mode)
      graph.nodes[index].attributes["coordinate_transformation_mode"] = .string(rule.coordinates)
      graph.nodes[index].attributes["nearest_mode"] = .string(rule.nearest)
    }
  }
}
