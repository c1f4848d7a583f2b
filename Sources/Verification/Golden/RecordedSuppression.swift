import Detection
import ONNXGraph
import Tensors

extension RecordedSuppression {
  /// The node that a graph's NMS plugin is.
  ///
  /// - Returns: `nil` where the graph ends in none.
  init?(_ ending: Ending, in graph: Graph) {
    guard let tail = ending.suppression,
      let node = graph.nodes.first(where: { (try? NMSPlugin($0)) == tail.plugin })
    else { return nil }
    plugin = tail.plugin
    operatorType = node.operatorType
    ints = [:]
    floats = [:]
    for (name, attribute) in node.attributes {
      switch attribute {
      case .int(let value): ints[name] = Int(value)
      case .float(let value): floats[name] = value
      default: break
      }
    }
  }

  /// - Throws: why there is no such plugin.
  init(operatorType: String, ints: [String: Int], floats: [String: Float]) throws(GoldenError) {
    let attributes = ints.mapValues { Attribute.int(Int64($0)) }
      .merging(floats.mapValues { .float($0) }) { first, _ in first }
    let node = Node(
      operatorType: operatorType, inputs: [], outputs: [], attributes: attributes)
    do {
      guard let plugin = try NMSPlugin(node) else {
        throw GoldenError("not a record: '\(shown: operatorType)' is no NMS plugin")
      }
      self.plugin = plugin
    } catch let error as GoldenError {
      throw error
    } catch {
      throw GoldenError("not a record: \(operatorType): \(error)")
    }
    self.operatorType = operatorType
    self.ints = ints
    self.floats = floats
  }
}

extension Golden {
  /// The NMS plugin of the record with what it gave out for an image.
  func suppressed(_ image: RecordedImage) -> DetectionSide.Suppressed? {
    suppression.map { suppression in
      DetectionSide.Suppressed(plugin: suppression.plugin) { _ in
        NMSPluginTail.GivenDetections(detections: image.detections.map(\.object))
      }
    }
  }
}
