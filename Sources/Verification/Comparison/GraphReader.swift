import Detection
import Interpreter
import Kernels
import Tensors

/// Runs one graph on image after image and reads what it detects.
struct GraphReader {
  let model: LoadedModel
  let input: ImageInput
  let team: ThreadTeam
  private var prepared: [Shape: PreparedGraph] = [:]

  /// - Throws: why the graph cannot be run, or takes no image.
  init(_ model: LoadedModel, threads: Int?) throws(Refusal) {
    if let refusal = model.refusal { throw Refusal(refusal) }
    self.model = model
    input = try model.naming { () throws(DetectionError) in
      try ImageInput(model.model.graph)
    }
    team = ThreadTeam(threadCount: threads ?? ThreadTeam.availableThreads)
  }

  /// The network as it was run on a tensor, to be run again with a change.
  ///
  /// - Parameter stretched: the image as the graph would be fed it stretched.
  func network(
    _ reading: GraphReading, fed tensor: Tensor, image: Int,
    stretched: @escaping @Sendable () -> Tensor?
  ) -> ReferenceNetwork {
    ReferenceNetwork(
      model: model, input: input, ending: reading.graph.ending, tensor: tensor, image: image,
      team: team, stretched: stretched)
  }

  /// Runs the graph.
  ///
  /// - Parameters:
  ///   - expectedClasses: how many classes there are, where the graph may not tell.
  ///   - decode: how to decode head maps.
  mutating func read(
    _ tensor: Tensor, expectedClasses: Int? = nil, decode: DecodeGeometry? = nil
  ) throws(Refusal) -> GraphReading {
    let graph: PreparedGraph
    if let known = prepared[tensor.shape] {
      graph = known
    } else {
      graph = try PreparedGraph(
        model, input, fed: ResolvedGraph.Description(tensor.elementType, tensor.shape),
        expectedClasses: expectedClasses, decode: decode, on: team)
      prepared[tensor.shape] = graph
    }
    return GraphReading(
      path: model.path, graph: graph, tensors: try graph.run(tensor, on: team))
  }
}

/// What a graph's run gave.
struct GraphReading {
  let path: String
  let graph: PreparedGraph
  let tensors: [String: Tensor]

  /// - Parameter image: the image's place in the batch.
  /// - Throws: why no detections can be read off the run.
  func side(of image: Int) throws(Refusal) -> DetectionSide {
    guard let geometry = graph.geometry else {
      let form = graph.ending.form.rawValue
      throw Refusal(
        "\(path): a graph that ends in \(form) does not tell how its boxes are decoded; take the "
          + "original export or the graph with the plugin")
    }
    do {
      return try DetectionSide(graph.ending, tensors, image: image, geometry: geometry)
    } catch {
      throw Refusal("\(path): \(error)")
    }
  }
}
