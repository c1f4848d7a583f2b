import BoxMath
import ONNXGraph
import Operators

/// An NMS plugin of TensorRT with its configuration.
package enum NMSPlugin: Sendable, Equatable {
  case batched(BatchedNMSParameters)
  case efficient(EfficientNMSParameters)

  package static let operatorTypes: Set = [
    BatchedNMSParameters.dynamicOperatorType, BatchedNMSParameters.staticOperatorType,
    EfficientNMSParameters.operatorType,
  ]

  /// - Returns: `nil` for a node of another operator.
  /// - Throws: when the plugin does not run with the node's attributes.
  package init?(_ node: Node) throws {
    var attributes = PluginNode(node)
    switch node.operatorType {
    case BatchedNMSParameters.dynamicOperatorType, BatchedNMSParameters.staticOperatorType:
      self = .batched(try BatchedNMSParameters(&attributes))
    case EfficientNMSParameters.operatorType:
      self = .efficient(try EfficientNMSParameters(&attributes))
    default: return nil
    }
  }

  /// What an operator's plugin is recognised as.
  static func form(ofOperator type: String) -> Form {
    type == EfficientNMSParameters.operatorType ? .efficientNMSPlugin : .batchedNMSPlugin
  }

  /// As messages call it.
  var title: String {
    switch self {
    case .batched: "BatchedNMS"
    case .efficient: EfficientNMSParameters.operatorType
    }
  }

  package var form: Form {
    switch self {
    case .batched: .batchedNMSPlugin
    case .efficient: .efficientNMSPlugin
    }
  }

  /// What it does with boxes and probabilities.
  package var suppression: PluginSuppression {
    switch self {
    case .batched(let parameters): parameters.suppression
    case .efficient(let parameters): parameters.suppression
    }
  }

  /// What it drops candidates by.
  package var rule: CandidateRule {
    let suppression = suppression
    return CandidateRule(
      threshold: suppression.scoreThreshold, measure: .product,
      admitsThreshold: suppression.admitsThreshold)
  }

  /// Attributes that may be absent, and what then applies.
  var defaults: [(name: String, value: String)] {
    switch self {
    case .batched: BatchedNMSParameters.defaults
    case .efficient: EfficientNMSParameters.defaults
    }
  }

  /// How users and standard exports call the four outputs.
  package static let outputNames = [
    ["num_detections", "nmsed_boxes", "nmsed_scores", "nmsed_classes"],
    ["num_detections", "detection_boxes", "detection_scores", "detection_classes"],
    ["num_dets", "det_boxes", "det_scores", "det_classes"],
    ["num_dets", "bboxes", "scores", "labels"],
    ["BatchedNMS", "BatchedNMS_1", "BatchedNMS_2", "BatchedNMS_3"],
  ]
}

/// A graph's end in an NMS plugin.
package struct NMSPluginTail: Sendable {
  package let plugin: NMSPlugin
  package var inputs: CellTable
  /// The tensors that stand for the number of rows, boxes, scores and classes: the graph's
  /// outputs, or the plugin's own where the graph does not give one out.
  package let outputs: [String]
  /// The output whose rows hold the plugin's boxes, scores and classes side by side.
  package var joined: KeptRows?

  /// The tensors its rows are read from.
  package var rowTensors: [String] { joined?.names ?? outputs }
}
